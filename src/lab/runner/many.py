"""Run what changed, again where a run was inconclusive, and tell how it went."""

from __future__ import annotations

from collections.abc import Iterable

import click

from lab.evidence import record
from lab.evidence.record import Record
from lab.runner.current import current
from lab.runner.execute import run
from lab.runner.place import published

ATTEMPTS = 3


def run_all(slugs: Iterable[str], force: bool) -> dict[str, Record]:
    """Records by slug; those that are still current are not run again unless `force`."""
    slugs = list(slugs)
    return {slug: _one(slug, f"[{place}/{len(slugs)}]", force) for place, slug in enumerate(slugs, 1)}


def _one(slug: str, place: str, force: bool) -> Record:
    found = None if force else current(slug)
    if found:
        click.echo(f"{place} {slug}: {found['verdict']}, nothing changed", err=True)
        return found
    click.echo(f"{place} {slug} ...", err=True)
    result = until_conclusive(slug)
    click.echo(f"{place} {slug}: {line(result)}", err=True)
    return result


def until_conclusive(slug: str) -> Record:
    """Run for the book; an inconclusive run is repeated up to twice, and its record says how often it was tried."""
    for attempt in range(1, ATTEMPTS + 1):
        result = run(slug, {}).record
        if result["attempts"] != attempt:
            result["attempts"] = attempt
            record.write(result, published(slug).records)
        if result["verdict"] != "inconclusive":
            break
        click.echo(f"{slug}: attempt {attempt} of {ATTEMPTS} was {line(result)}", err=True)
    return result


def line(result: Record) -> str:
    """Verdict, duration and, if it is not a pass, why."""
    why = "" if result["verdict"] == "pass" else f": {'; '.join(result['reasons'])}"
    return f"{result['verdict']} in {result['duration_s']:.0f} s{why}"
