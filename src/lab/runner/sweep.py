"""One experiment at several values of its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from lab import paths
from lab.evidence.record import Record
from lab.runner.assignments import Point
from lab.runner.execute import check_parameters, run
from lab.runner.place import Place, point_name


def sweep(slug: str, at: Sequence[Point]) -> Iterator[tuple[Point, Record]]:
    """Run at each point; all points are checked before the first one is run."""
    for point in at:
        check_parameters(slug, point)
    for point in at:
        target = folder(slug) / point_name(point)
        yield point, run(slug, point, Place(slug, target, target)).record


def folder(slug: str) -> Path:
    """Where a sweep's records and its page are."""
    return paths.build() / "sweeps" / slug
