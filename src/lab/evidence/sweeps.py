"""Runs of one experiment at several values of its parameters, each with its leading figure; kept in `sweeps/SLUG.json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lab import paths
from lab.errors import EvidenceError
from lab.evidence import record
from lab.evidence.record import Record
from lab.files import write_atomically

FOLDER = paths.PROJECT / "sweeps"


@dataclass(frozen=True)
class Point:
    """One run. at: the swept parameters' values; figure: the leading figure as HTML, "" if the run came to none."""

    at: dict[str, Any]
    record: Record
    figure: str


@dataclass(frozen=True)
class Sweep:
    """All points have values of the same parameters, in the order in which they were run."""

    slug: str
    points: Sequence[Point]

    @property
    def names(self) -> list[str]:
        return list(self.points[0].at)

    def values(self, name: str) -> list[Any]:
        """The values of one parameter, each once."""
        found: list[Any] = []
        for point in self.points:
            if point.at[name] not in found:
                found.append(point.at[name])
        return found


def slim(full: Record) -> Record:
    """A record without what a sweep's page does not show, which is most of it: metrics, decisions, the model."""
    told = full["summary"] and full["summary"] | {"decisions": [], "alternatives": []}
    return full | {"metrics": [], "notes": [], "summary": told, "model": None}


def keep(sweep: Sweep) -> Path:
    """Write a sweep to `sweeps/`. EvidenceError if it has fewer than two points, or a run came to no verdict."""
    if len(sweep.points) < 2:
        raise EvidenceError("a sweep is kept from two points on")
    for point in sweep.points:
        if point.record["verdict"] in ("error", "not run"):
            raise EvidenceError(
                f"not kept: at {point.at} there was an error: {'; '.join(point.record['reasons'])}"
            )
    content = {"schema": 1, "experiment": sweep.slug, "points": [asdict(point) for point in sweep.points]}
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    return write_atomically(FOLDER / f"{sweep.slug}.json", text + "\n")


def kept(slug: str) -> Sweep | None:
    """The kept sweep of an experiment; None if there is none, EvidenceError if its file is broken."""
    path = FOLDER / f"{slug}.json"
    if not path.exists():
        return None
    try:
        points = [Point(**item) for item in json.loads(path.read_text())["points"]]
        for point in points:
            record.check(point.record)
        if len({tuple(point.at) for point in points}) != 1:
            raise ValueError("its points have no parameters in common")
    except (ValueError, KeyError, TypeError, AttributeError, EvidenceError) as error:
        raise EvidenceError(
            f"{path} is no sweep ({error}); make it again with `lab sweep {slug} --keep`"
        ) from None
    return Sweep(slug, points)
