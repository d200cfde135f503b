"""lab list, setup, run, sweep, book, pdf."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime

import click

from lab import paths
from lab.cli.status import STATUS, gravest
from lab.evidence.record import Record
from lab.files import write_atomically
from lab.report import catalogue
from lab.report.tables import SIGNS, quantity
from lab.runner.current import current
from lab.runner.place import told


@click.command("list")
def list_() -> None:
    """Every experiment of the book, with the verdict of its published run, if that is of the code as it is now."""
    for entry in catalogue.entries():
        found = current(entry.slug)
        verdict = found["verdict"] if found else "not run"
        click.echo(f"{entry.slug:24} {SIGNS[verdict]} {verdict:13} {entry.theme}")


@click.command()
@click.argument("slugs", nargs=-1)
@click.option("--tests", is_flag=True, help="Everything: the tests start every server.")
@click.option("--list", "only_list", is_flag=True, help="Fetch nothing: say what each need takes here.")
def setup(slugs: tuple[str, ...], tests: bool, only_list: bool) -> None:
    """Fetch what the experiments SLUGS (default: all) need; skip what is there."""
    from lab.setup import listing, needs

    wanted = list(needs.NEEDS) if tests else needs.of(slugs or catalogue.slugs())
    if only_list:
        click.echo(listing.text(wanted))
    else:
        needs.meet(wanted)


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
@click.option("--force", is_flag=True, help="Run also the points that have not changed.")
@click.option("--keep", is_flag=True, help="Keep the runs in sweeps/, for a page in the book.")
def sweep(slug: str, assignments: tuple[str, ...], force: bool, keep: bool) -> None:
    """Run one experiment at several values of its parameters; one page of them, on which to choose the values.

    Exit status: 0 whatever the verdicts, 2 wrong parameter, 4 a run ended in an error.
    """
    from lab.evidence import sweeps
    from lab.report.sweep import page, point
    from lab.runner import sweep as runner
    from lab.runner.assignments import points
    from lab.runner.many import line

    chosen, made = points(assignments), []
    if keep and len(chosen) < 2:
        raise click.BadParameter("a sweep is kept from two points on")
    for at, result in runner.sweep(slug, chosen, force):
        click.echo(f"{at}: {line(result)}")
        made.append(point(at, result, runner.place(slug, at).notebook))
    done = sweeps.Sweep(slug, made)
    click.echo(f"page: {paths.shown(page(done, runner.folder(slug) / 'index.html'))}")
    if keep:
        click.echo(f"kept: {paths.shown(sweeps.keep(done))}")
    verdicts = [each.record["verdict"] for each in made]
    sys.exit(gravest(verdict for verdict in verdicts if verdict in ("error", "not run")))


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

    begin, begun = time.monotonic(), datetime.now(UTC)
    known = catalogue.slugs()
    if strangers := set(slugs) - set(known):
        raise click.BadParameter(
            f"not in _toc.yml: {', '.join(sorted(strangers))}; known: {', '.join(known)}"
        )
    results, left_out = run_all(dict.fromkeys(slugs or known), force, minutes)
    built = site.build(site.rows())
    for slug, result in results.items():
        click.echo(f"{slug:24} {line(result)}")
    for slug in left_out:
        click.echo(f"{slug:24} LEFT OUT: {minutes:g} min were too short; run: lab run {slug}")
    _keep_time(results, begun, time.monotonic() - begin)
    if results:
        slowest = max(results.values(), key=lambda result: result["duration_s"])
        click.echo(f"slowest: {slowest['experiment']}, {slowest['duration_s']:.0f} s")
    click.echo(f"whole book: {time.monotonic() - begin:.0f} s")
    click.echo(f"open {paths.shown(built / 'index.html')}")
    bad = [result for result in results.values() if result["verdict"] in ("fail", "error", "not run")]
    sys.exit(STATUS[bad[0]["verdict"]] if bad else 0)


def _keep_time(results: Mapping[str, Record], begun: datetime, seconds: float) -> None:
    """What a book took of which every experiment was run anew, for `make bench`."""
    anew = [slug for slug, made in results.items() if datetime.fromisoformat(made["finished"]) >= begun]
    if len(anew) == len(catalogue.slugs()):
        write_atomically(paths.build() / "times" / "book", f"{seconds:.0f}\n")


@click.command()
def pdf() -> None:
    """Print the built site into one PDF with contents and outline."""
    from lab.report import pdf as printing
    from lab.report.browser import chromium

    with chromium() as browser:
        made = printing.write(browser, paths.build() / "site", paths.build() / printing.NAME)
    click.echo(f"open {paths.shown(made)}")


COMMANDS = (list_, setup, run, sweep, book, pdf)
