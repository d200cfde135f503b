"""Two results held against each other, row by row and value by value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

RELATIVE_TOLERANCE = 1e-9  # for averages and ratios only; integers must be equal


@dataclass(frozen=True)
class Difference:
    """How many rows differ, of how many expected; `first` shows one of them (place, found, expected)."""

    rows: int
    expected: int
    first: tuple[int, Any, Any] | None = None


def compare(found: Sequence[Sequence[Any]], expected: Sequence[Sequence[Any]]) -> Difference:
    """Rows of `found` that differ from the row of `expected` in the same place; a missing or surplus row too."""
    apart = [
        (place, mine, theirs)
        for place, (mine, theirs) in enumerate(zip_longest(found, expected))
        if not _same_row(mine, theirs)
    ]
    return Difference(len(apart), len(expected), apart[0] if apart else None)


def _same_row(mine: Sequence[Any] | None, theirs: Sequence[Any] | None) -> bool:
    if mine is None or theirs is None or len(mine) != len(theirs):
        return False
    return all(_same(a, b) for a, b in zip(mine, theirs, strict=True))


def _same(a: Any, b: Any) -> bool:
    if _missing(a) or _missing(b):
        return _missing(a) and _missing(b)
    if isinstance(a, float) or isinstance(b, float):
        return math.isclose(float(a), float(b), rel_tol=RELATIVE_TOLERANCE, abs_tol=0)
    return bool(a == b)


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
