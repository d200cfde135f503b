"""lab list, setup, run, sweep, book."""

from __future__ import annotations

import math
import sys
import time

import click

from lab import paths
from lab.cli.status import STATUS
from lab.report import catalogue
from lab.report.tables import SIGNS, quantity
from lab.runner.current import current
from lab.runner.place import told


@click.command("list")
def list_() -> None:
    """Every experiment of the book, with the verdict of its latest run."""
    for entry in catalogue.entries():
        found = current(entry.slug)
        verdict = found["verdict"] if found else "not run"
        click.echo(f"{entry.slug:24} {SIGNS[verdict]} {verdict:13} {entry.theme}")


@click.command()
@click.argument("slugs", nargs=-1)
@click.option("--tests", is_flag=True, help="Everything: the tests start every server.")
def setup(slugs: tuple[str, ...], tests: bool) -> None:
    """Fetch what the experiments SLUGS (default: all) need; skip what is there."""
    from lab.setup import needs

    needs.meet(needs.NEEDS if tests else needs.of(slugs or catalogue.slugs()))


@click.command()
@click.argument("slug")
@click.option(
    "-p",
    "assignments",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter; may be repeated. A list is JSON.",
)
def run(slug: str, assignments: tuple[str, ...]) -> None:
    """Run one experiment and print its verdict.

    Exit status: 0 pass, 1 fail, 2 wrong parameter, 3 inconclusive, 4 error.
    """
    from lab.runner import execute
    from lab.runner.assignments import parse

    made = execute.run(slug, parse(assignments))
    result = made.record
    for item in result["criteria"]:
        seen = quantity(item["observed"], item["unit"])
        click.echo(f"{SIGNS[item['outcome']]} {item['name']:24} {seen:18} {item['detail']}")
    for arm in result["control"]["variants"]:
        click.echo(f"  control {arm['name']!r}: {arm['criterion']} -> {arm['outcome']} (must fail)")
    click.echo(f"{slug}: {result['verdict']} in {result['duration_s']:.0f} s: {'; '.join(result['reasons'])}")
    click.echo(told(made.place.notebook, made.place.record))
    sys.exit(STATUS[result["verdict"]])


@click.command()
@click.argument("slug")
@click.option(
    "-p", "assignments", multiple=True, required=True, metavar="NAME=V1,V2,...", help="Values of a parameter."
)
def sweep(slug: str, assignments: tuple[str, ...]) -> None:
    """Run one experiment at several values of a parameter; one page and chart of them."""
    from lab.report.sweep import page
    from lab.runner import sweep as sweeps
    from lab.runner.assignments import points
    from lab.runner.many import line

    runs = []
    for point, result in sweeps.sweep(slug, points(assignments)):
        click.echo(f"{point}: {line(result)}")
        runs.append((point, result))
    click.echo(f"page: {paths.shown(page(slug, runs, sweeps.folder(slug) / 'index.html'))}")


@click.command()
@click.argument("slugs", nargs=-1)
@click.option("--force", is_flag=True, help="Run also what has not changed.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0),
    default=math.inf,
    help="Start only what fits: first what differs from the baseline, then the oldest; tell what was left out.",
)
def book(slugs: tuple[str, ...], force: bool, minutes: float) -> None:
    """Run what changed (or SLUGS) and build the site."""
    from lab.report import site
    from lab.runner.many import line, run_all

    begin = time.monotonic()
    known = catalogue.slugs()
    if strangers := set(slugs) - set(known):
        raise click.BadParameter(
            f"not in _toc.yml: {', '.join(sorted(strangers))}; known: {', '.join(known)}"
        )
    results, left_out = run_all(slugs or known, force, minutes)
    built = site.build(site.rows())
    for slug, result in results.items():
        click.echo(f"{slug:24} {line(result)}")
    for slug in left_out:
        click.echo(f"{slug:24} LEFT OUT: {minutes:g} min were too short; run: lab run {slug}")
    if results:
        slowest = max(results.values(), key=lambda result: result["duration_s"])
        click.echo(f"slowest: {slowest['experiment']}, {slowest['duration_s']:.0f} s")
    click.echo(f"whole book: {time.monotonic() - begin:.0f} s")
    click.echo(f"open {paths.shown(built / 'index.html')}")
    bad = [result for result in results.values() if result["verdict"] in ("fail", "error", "not run")]
    sys.exit(STATUS[bad[0]["verdict"]] if bad else 0)


COMMANDS = (list_, setup, run, sweep, book)
