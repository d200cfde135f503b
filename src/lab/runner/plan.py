"""In which order a book's experiments run, which of them side by side, and what the time is too short for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lab import declared
from lab.evidence import baseline

_UNKNOWN_S = 60.0  # what the default run of an experiment may take that has no baseline yet


@dataclass(frozen=True)
class Due:
    """One experiment that has to run.

    changed: against the baseline. finished: the baseline's time (ISO 8601), empty without one.
    expected_s: what its run took then. timed: it measures times, so nothing may run beside it.
    """

    slug: str
    changed: bool
    finished: str
    expected_s: float
    timed: bool


def due(slugs: Iterable[str]) -> list[Due]:
    """What the baseline says of `slugs`; first those that differ from it, then those with the oldest result."""
    found = [_due(slug) for slug in slugs]
    return sorted(found, key=lambda item: (not item.changed, item.finished))


def _due(slug: str) -> Due:
    kept = baseline.kept(slug)
    finished, expected_s = (kept["finished"], kept["duration_s"]) if kept else ("", _UNKNOWN_S)
    return Due(slug, baseline.changed(slug), finished, expected_s, declared.timed(slug))


def batches(ordered: Sequence[Due]) -> list[list[Due]]:
    """Timed ones alone; of the others two at a time, at the place of the first of the two."""
    made: list[list[Due]] = []
    for item in ordered:
        half = next((batch for batch in made if len(batch) == 1 and not batch[0].timed), None)
        if item.timed or half is None:
            made.append([item])
        else:
            half.append(item)
    return made


def fits(batch: Sequence[Due], left_s: float) -> bool:
    """True if the batch will presumably be done in that time."""
    return max(item.expected_s for item in batch) <= left_s
