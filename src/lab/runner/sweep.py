"""One experiment at several values of its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from lab import paths
from lab.errors import EvidenceError
from lab.evidence import record, sources
from lab.evidence.record import Record
from lab.runner.assignments import Point
from lab.runner.execute import check_parameters, run
from lab.runner.place import Place, point_name


def sweep(slug: str, at: Sequence[Point], force: bool = False) -> Iterator[tuple[Point, Record]]:
    """Run at each point; all points are checked before the first one is run.

    A point that came to a verdict with the code as it is now is not run again unless `force`.
    """
    for point in at:
        check_parameters(slug, point)
    for point in at:
        target = place(slug, point)
        known = None if force else _current(target)
        yield point, known or run(slug, point, target).record


def _current(target: Place) -> Record | None:
    try:
        found = record.read(target.record)
    except EvidenceError:
        return None
    told = found["verdict"] in ("pass", "fail") and target.notebook.exists()
    same = found["provenance"]["source_hash"] == sources.digest(target.slug, found["params"])
    return found if told and same else None


def place(slug: str, point: Point) -> Place:
    """Where the results of one point are."""
    target = folder(slug) / point_name(point)
    return Place(slug, target, target)


def folder(slug: str) -> Path:
    """Where a sweep's records and its page are."""
    return paths.build() / "sweeps" / slug
