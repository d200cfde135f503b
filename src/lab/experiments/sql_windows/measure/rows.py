"""Every query's rows on every engine against rows that were found without SQL, value by value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import pandas as pd

from lab.experiments.sql_windows.measure.engines import ENGINES, Bench
from lab.experiments.sql_windows.mechanism.queries import Query

RELATIVE_TOLERANCE = 1e-9  # for averages and ratios only; integers must be equal


@dataclass(frozen=True)
class Difference:
    """How many rows differ, of how many expected; `first` shows one of them (place, found, expected)."""

    rows: int
    expected: int
    first: tuple[int, Any, Any] | None = None


def differences(
    bench: Bench, table: str, queries: Mapping[str, Query], expected: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """engine, query, expected (rows), differing (rows), first (place, found, expected; of one that differs)."""
    found = []
    for name, query in queries.items():
        truth = list(expected[name].itertuples(index=False, name=None))
        for engine in ENGINES:
            difference = compare(query.rows(bench.connection(engine, table)), truth)
            found.append((engine, name, difference.expected, difference.rows, difference.first))
    return pd.DataFrame(found, columns=["engine", "query", "expected", "differing", "first"])


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
