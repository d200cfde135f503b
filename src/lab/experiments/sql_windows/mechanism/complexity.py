"""What a query's note claims about its cost, as a function that a measurement can be held against."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lab.errors import LabError

# w, the width of the frame, stays the same while n grows, so O(n w) is linear in n.
_GROWTH: dict[str, Callable[[float], float]] = {
    "n": lambda n: n,
    "n w": lambda n: n,
    "n log n": lambda n: n * np.log2(max(n, 2)),
}
_NOTE = re.compile(r"O\((?P<order>[^)]+)\): (?P<reason>.+)")


@dataclass(frozen=True)
class Bound:
    """One declared bound. order: what stands between the brackets of O(); reason: why."""

    order: str
    reason: str

    def work(self, rows: float) -> float:
        """Units of work at `rows` rows, up to a constant."""
        return float(_GROWTH[self.order](rows))

    def __str__(self) -> str:
        return f"O({self.order}): {self.reason}"


@dataclass(frozen=True)
class Complexity:
    """The bound of a query, and of the engines that differ from it."""

    general: Bound
    exceptions: Mapping[str, Bound]

    def on(self, engine: str) -> Bound:
        """The bound on one engine (`PostgreSQL`, `DuckDB`, `SQLite`; case does not matter)."""
        return self.exceptions.get(engine.lower(), self.general)


def parse_complexity(notes: Mapping[str, str]) -> Complexity:
    """Notes of a kit file by engine ("" for all of them); LabError if a note states no known O()."""
    bounds = {engine: _bound(note) for engine, note in notes.items()}
    return Complexity(bounds.pop(""), bounds)


def _bound(note: str) -> Bound:
    found = _NOTE.fullmatch(note)
    if not found or found["order"] not in _GROWTH:
        raise LabError(f"a complexity note must begin with one of {', '.join(_GROWTH)} in O(): {note!r}")
    return Bound(found["order"], found["reason"])
