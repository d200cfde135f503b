"""lab check, reproduce, compare, history."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lab import paths
from lab.cli.status import gravest
from lab.errors import LabError
from lab.evidence import record
from lab.evidence.recompute import disagreements
from lab.report import catalogue
from lab.report.tables import SIGNS
from lab.runner.current import current


@click.command()
@click.option("--strict", is_flag=True, help="An inconclusive verdict fails too.")
def check(strict: bool) -> None:
    """Is every experiment's stored result current, whole and a pass? Verdicts are computed again."""
    found = []
    for slug in catalogue.slugs():
        verdict, remark = _checked(slug)
        found.append(verdict)
        click.echo(f"{SIGNS[verdict]} {slug:24} {verdict:13} {remark}")
    click.echo(f"{found.count('pass')} of {len(found)} pass")
    sys.exit(gravest(found, strict))


def _checked(slug: str) -> tuple[str, str]:
    found = current(slug)
    if found is None:
        return "not run", f"no result for the code as it is now; run: lab run {slug}"
    if wrong := disagreements(found):
        return "error", f"the record contradicts itself: {'; '.join(wrong)}"
    controls = ", ".join(f"{arm['name']}: {arm['outcome']}" for arm in found["control"]["variants"])
    return found["verdict"], f"controls (must fail): {controls}"


@click.command()
@click.argument("slugs", nargs=-1)
@click.option(
    "--seed", default=1, show_default=True, help="Draws the core, and its spans of work and pauses."
)
@click.option("--force", is_flag=True, help="Run also what was run under this load and has not changed.")
@click.option("--keep", is_flag=True, help="Keep the comparisons in reproduction/, for the book's page.")
@click.option("--strict", is_flag=True, help="An inconclusive comparison fails too.")
def reproduce(slugs: tuple[str, ...], seed: int, force: bool, keep: bool, strict: bool) -> None:
    """Run SLUGS (default: all) again, one core kept busy, and compare each with the baseline.

    Exit status: 0 none differs, 1 one differs, 4 one could not be run or compared; with --strict 3 one is inconclusive.
    """
    known = catalogue.slugs()
    if strangers := set(slugs) - set(known):
        raise click.BadParameter(f"no experiment {', '.join(sorted(strangers))}; `lab list` shows all")
    names = list(dict.fromkeys(slugs or known))
    found = []
    for number, slug in enumerate(names, 1):
        click.echo(f"[{number}/{len(names)}] {slug} ...", err=True)
        overall, verdict, remark = _reproduced(slug, seed, force, keep)
        found.append(verdict)
        click.echo(f"{SIGNS[verdict]} {slug:24} {overall:13} {remark}")
    click.echo(f"{found.count('pass')} of {len(names)} agree with the baseline")
    sys.exit(gravest(found, strict))


def _reproduced(slug: str, seed: int, force: bool, keep: bool) -> tuple[str, str, str]:
    """Outcome, the verdict that it counts as, a remark. An error is told, so that the next experiment has its turn."""
    from lab.evidence import reproduction
    from lab.report import reproduction as report
    from lab.runner import reproduce as runner

    try:
        found = runner.reproduce(slug, seed, force)
        if keep:
            reproduction.keep(found)
    except LabError as error:
        return "error", "error", str(error)
    load = f"{found.after.duration_s:.0f} s, load {found.load.share:.0%} of a core"
    return found.overall, report.VERDICTS[found.overall], "; ".join([load, *report.remarks(found)])


@click.command()
@click.argument("old", type=click.Path(exists=True, path_type=Path))
@click.argument("new", type=click.Path(exists=True, path_type=Path))
def compare(old: Path, new: Path) -> None:
    """Print how two records, or two folders of records, differ; status 1 if one passes no longer.

    Of two folders those experiments are compared that both have; those that NEW lacks are named.
    """
    from lab.evidence.compare import compare as compare_records
    from lab.report import drift

    pairs = _pairs(old, new)
    if not pairs:
        raise click.BadParameter(f"{old} and {new} have no experiment in common")
    drifts = [compare_records(record.read(before), record.read(after)) for before, after in pairs]
    click.echo(drift.report(drifts))
    if lacking := _lacking(old, new):
        click.echo(f"Not compared, for {new} has no record of: {', '.join(lacking)}")
    sys.exit(1 if any(item.regressed for item in drifts) else 0)


def _pairs(old: Path, new: Path) -> list[tuple[Path, Path]]:
    if old.is_file() and new.is_file():
        return [(old, new)]
    if old.is_dir() and new.is_dir():
        return [(path, new / path.name) for path in sorted(old.glob("*.json")) if (new / path.name).exists()]
    raise click.BadParameter("give two records or two folders of records")


def _lacking(old: Path, new: Path) -> list[str]:
    """Experiments of the folder `old` of which the folder `new` has no record."""
    return sorted(path.stem for path in old.glob("*.json") if not (new / path.name).exists())


@click.command()
@click.argument("slug", required=False)
@click.option(
    "--append", is_flag=True, help="Keep the published run of SLUG (default: of each experiment) in history/."
)
def history(slug: str | None, append: bool) -> None:
    """Print the earlier published runs of SLUG, and how the last one lies beside them."""
    from lab.report.history import text

    if slug and slug not in catalogue.slugs():
        raise click.BadParameter(f"no experiment {slug!r}; `lab list` shows those that there are")
    if not (slug or append):
        raise click.BadParameter("name an experiment, or give --append")
    if append:
        for name in [slug] if slug else catalogue.slugs():
            click.echo(_appended(name))
    else:
        click.echo(text(slug or ""))


def _appended(slug: str) -> str:
    from lab.evidence import history

    found = current(slug)
    if found is None:
        return f"{slug}: no result for the code as it is now; run: lab run {slug}"
    kept = history.append(found)
    return f"{slug}: {paths.shown(kept)}" if kept else f"{slug}: was kept before"


COMMANDS = (check, reproduce, compare, history)
