"""Run what changed, again where a run was inconclusive, and tell how it went."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence

import click

from lab.evidence import record
from lab.evidence.record import Record
from lab.runner.current import current
from lab.runner.execute import run
from lab.runner.place import published
from lab.runner.plan import batches, due, fits
from lab.services.workers import spawn

ATTEMPTS = 3
_PATIENCE_S = 24 * 3600


def run_all(
    slugs: Iterable[str], force: bool, minutes: float = math.inf
) -> tuple[dict[str, Record], list[str]]:
    """Records by slug, and those slugs for which `minutes` were too short.

    Those that are still current are not run again unless `force`.
    """
    slugs, end = list(slugs), time.monotonic() + 60 * minutes
    results = {} if force else {slug: found for slug in slugs if (found := current(slug))}
    for slug, result in results.items():
        click.echo(f"{slug}: {result['verdict']}, nothing changed", err=True)
    left_out = []
    for batch in batches(due(slug for slug in slugs if slug not in results)):
        names = [item.slug for item in batch]
        if not fits(batch, end - time.monotonic()):
            left_out += names
            continue
        click.echo(f"[{len(results) + 1}/{len(slugs)}] {' and '.join(names)} ...", err=True)
        results |= _batch(names, end)
    return {slug: results[slug] for slug in slugs if slug in results}, left_out


def _batch(slugs: Sequence[str], end: float) -> dict[str, Record]:
    found = {slugs[0]: until_conclusive(slugs[0], end)} if len(slugs) == 1 else _side_by_side(slugs, end)
    for slug, result in found.items():
        click.echo(f"{slug}: {line(result)}", err=True)
    return found


def _side_by_side(slugs: Sequence[str], end: float) -> dict[str, Record]:
    # In processes of their own: Ctrl-C here, or an error of one, takes the others down too.
    workers = [spawn(until_conclusive, slug, end) for slug in slugs]
    try:
        for worker in workers:
            worker.join(_PATIENCE_S)
    finally:
        for worker in workers:
            worker.kill()
    return {slug: record.read(published(slug).record) for slug in slugs}


def until_conclusive(slug: str, end: float = math.inf) -> Record:
    """Run for the book; an inconclusive run is repeated up to twice, but not after `end` (monotonic, s).

    The record says how often it was tried.
    """
    for attempt in range(1, ATTEMPTS + 1):
        result = run(slug, {}).record
        if result["attempts"] != attempt:
            result["attempts"] = attempt
            record.write(result, published(slug).records)
        if result["verdict"] != "inconclusive" or time.monotonic() > end:
            break
        click.echo(f"{slug}: attempt {attempt} of {ATTEMPTS} was {line(result)}", err=True)
    return result


def line(result: Record) -> str:
    """Verdict, duration and, if it is not a pass, why."""
    why = "" if result["verdict"] == "pass" else f": {'; '.join(result['reasons'])}"
    return f"{result['verdict']} in {result['duration_s']:.0f} s{why}"
