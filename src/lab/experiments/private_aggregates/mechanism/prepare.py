"""From a table and a query to a statistic: bound what a person contributes, clip, count in integers.

This is the mechanism that is judged. Sensitivities are for neighbours that differ by one person, who
comes or goes with all rows (unbounded, user-level differential privacy).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from lab.experiments.private_aggregates.mechanism import columns, noise
from lab.experiments.private_aggregates.mechanism.bounding import ONE_ROW, Unit, bound, first_rows
from lab.experiments.private_aggregates.mechanism.errors import QueryError, real
from lab.experiments.private_aggregates.mechanism.queries import (
    EXACT,
    Bounds,
    Count,
    Grouped,
    Histogram,
    Mean,
    Quantile,
    Query,
    Sum,
)
from lab.experiments.private_aggregates.mechanism.statistic import (
    Additive,
    Floats,
    Part,
    Selection,
    Statistic,
    Thresholded,
)

Prepare = Callable[[pd.DataFrame, Query, Bounds, Unit, float], Statistic]
_CANDIDATES = 1_000_000
_UNIT = 10_000  # of a row: what q is rounded to


def prepare(
    table: pd.DataFrame, query: Query, bounds: Bounds = None, unit: Unit = ONE_ROW, delta: float = 0.0
) -> Statistic:
    """The statistic that answers `query` on what `unit` lets each person contribute.

    bounds: (low, high) to which values are clipped; needed for sum, mean and quantile, and to be chosen
    without a look at the data. delta: for groups that are not known beforehand. QueryError if one of them is missing
    or a delta not needed, if the table has not what is asked for, or if the answer could not be exact.
    """
    if not isinstance(table, pd.DataFrame):
        raise QueryError(
            f"The table must be a pandas data frame, not a {type(table).__name__}. Convert it first."
        )
    return statistic(bound(table, unit, by_column(query)), query, bounds, unit, delta)


def by_column(query: Query) -> str:
    """The column whose values a person may have only a few of; "" if there is none."""
    return query.by if isinstance(query, Grouped) else ""


def statistic(kept: pd.DataFrame, query: Query, bounds: Bounds, unit: Unit, delta: float) -> Statistic:
    """The statistic on rows that are bounded already, or believed to be."""
    if delta and not (isinstance(query, Grouped) and not query.keys):
        raise QueryError(
            "Only groups that are not known beforehand need a delta. Leave it out: it would be charged."
        )
    match query:
        case Count():
            total, weight = len(_matching(kept, query, unit)), 1 if query.persons else unit.rows
            return Additive((Part(noise.integers([total]), weight),), _only)
        case Sum():
            low, high = _ends(bounds, query.grain)
            whole = _whole(_present(kept, query.column), bounds, query.grain)
            part = Part(noise.integers([sum(whole.tolist())]), unit.rows * max(abs(low), abs(high)))
            return Additive((part,), lambda drawn: _only(drawn) * query.grain)
        case Mean():
            return _mean(kept, query, bounds, unit)
        case Histogram():
            bins = len(query.edges) - 1
            inner = np.searchsorted(query.edges, _present(kept, query.column), "right") - 1
            values = np.bincount(np.clip(inner, 0, bins - 1), minlength=bins)
            return Additive((Part(values, unit.rows),), _vector, query.edges[:-1])
        case Quantile():
            return _quantile(kept, query, bounds, unit)
        case Grouped():
            return _grouped(kept, query, bounds, unit, delta)
        case _:
            raise QueryError(f"{query!r} is no query. Make one with Count(), Sum(...), Mean(...) and so on.")


def _mean(kept: pd.DataFrame, query: Mean, bounds: Bounds, unit: Unit) -> Additive:
    # Values are counted from the middle: that halves what one row can do to the sum.
    low, high = _ends(bounds, query.grain)
    middle = (low + high) // 2
    whole = _whole(_present(kept, query.column), bounds, query.grain) - middle
    total = Part(noise.integers([sum(whole.tolist())]), unit.rows * max(high - middle, middle - low), 0.5)
    count = Part(noise.integers([len(whole)]), unit.rows, 0.5)

    def finish(totals: noise.Integers, counts: noise.Integers) -> Floats:
        return (middle + _only(totals) / np.maximum(_only(counts), 1)) * query.grain

    return Additive((total, count), finish)


def _quantile(kept: pd.DataFrame, query: Quantile, bounds: Bounds, unit: Unit) -> Selection:
    # Values are placed on a grid a hundred times finer than the candidates', counted from the lower bound.
    _ends(bounds, query.step / 100)
    low, high = _given(bounds)
    steps = math.floor((high - low) / query.step + 1e-9)
    if not 1 <= steps < _CANDIDATES:
        raise QueryError(
            f"A step of {query.step} gives {steps + 1} candidates within the bounds, not 2 to {_CANDIDATES:,}."
        )
    candidates = np.arange(steps + 1, dtype=np.int64)
    above = np.clip(_present(kept, query.column), low, high) - low
    scores = _rank_errors(np.rint(above / (query.step / 100)).astype(np.int64), candidates * 100, query.q)
    share = round(_UNIT * query.q)
    sensitivity = unit.rows * max(share, _UNIT - share)
    return Selection((low + candidates * query.step).astype(np.float64), scores, sensitivity, _UNIT)


def _rank_errors(values: noise.Integers, candidates: noise.Integers, q: float) -> noise.Integers:
    """By how many rows each candidate misses being the q-quantile, in 1 / _UNIT rows.

    0 for a value that many rows share, wherever in them the quantile falls. A row that comes or goes moves what is
    below by a row at most, and the aim by q rows, so it changes an error by no more than the larger of q and 1 - q.
    """
    ordered, aim = np.sort(values), round(_UNIT * q) * len(values)
    below, upto = (_UNIT * np.searchsorted(ordered, candidates, side) for side in ("left", "right"))
    return np.maximum(0, np.maximum(below - aim, aim - upto))


def _grouped(kept: pd.DataFrame, query: Grouped, bounds: Bounds, unit: Unit, delta: float) -> Statistic:
    inner = query.inner
    if isinstance(inner, Sum):
        low, high = _ends(bounds, inner.grain)
        largest = unit.rows * max(abs(low), abs(high))
        return Additive(
            (Part(_sums(kept, query, inner, bounds), largest),),
            lambda drawn: _vector(drawn) * inner.grain,
            query.keys,
        )
    rows = _matching(kept, inner, unit, query.by)
    places, found = columns.codes(rows, query.by)
    weight = unit.groups if inner.persons else unit.rows
    if query.keys:
        wanted = _wanted(kept, query, places, found)
        return Additive((Part(_counted(wanted, len(query.keys)), weight),), _vector, query.keys)
    counts = dict(zip(found, _counted(places, len(found)).tolist(), strict=True))
    most = 1 if inner.persons else unit.rows
    return Thresholded(counts, min(unit.groups, weight), weight, most, delta)


def _sums(kept: pd.DataFrame, query: Grouped, inner: Sum, bounds: Bounds) -> noise.Integers:
    """Sums by key, in Python's integers."""
    places = _wanted(kept, query, *columns.codes(kept, query.by))
    values = columns.numbers(kept, inner.column)
    here = (places >= 0) & ~np.isnan(values)
    sums = [0] * len(query.keys)
    for place, value in zip(
        places[here].tolist(), _whole(values[here], bounds, inner.grain).tolist(), strict=True
    ):
        sums[place] += value
    return noise.integers(sums)


def _wanted(
    kept: pd.DataFrame, query: Grouped, places: columns.Codes, found: Sequence[object]
) -> columns.Codes:
    """Each row's place among the keys of the query, -1 for none; QueryError for keys that the column can't have."""
    kinds = columns.kinds(kept, query.by)
    for key in query.keys:
        if kinds and columns.kind(key) not in kinds:
            raise QueryError(
                f"The key {key!r} is {columns.kind(key)}, and the column {query.by!r} has {' and '.join(sorted(kinds))}. "
                "Give keys as the column has them."
            )
    order = {columns.plain(key): place for place, key in enumerate(query.keys)}
    return np.array([*(order.get(value, -1) for value in found), -1], dtype=np.int64)[places]


def _counted(places: columns.Codes, keys: int) -> noise.Integers:
    return np.bincount(places[places >= 0], minlength=keys)


def _matching(kept: pd.DataFrame, query: Count, unit: Unit, by: str = "") -> pd.DataFrame:
    rows = kept[columns.flags(kept, query.where)] if query.where else kept
    return rows[first_rows(rows, unit.person, by)] if query.persons else rows


def _present(kept: pd.DataFrame, name: str) -> Floats:
    values = columns.numbers(kept, name)
    return values[~np.isnan(values)]


def _whole(values: Floats, bounds: Bounds, grain: float) -> noise.Integers:
    """Values clipped to `bounds`, in whole grains."""
    return np.rint(values.clip(*_given(bounds)) / grain).astype(np.int64)


def _ends(bounds: Bounds, grain: float) -> tuple[int, int]:
    """The bounds in whole grains; QueryError where a double can't tell one grain from the next."""
    low, high = (bound / grain for bound in _given(bounds))
    if max(abs(low), abs(high)) > EXACT:
        raise QueryError(
            f"Values up to {max(map(abs, _given(bounds))):g} can't be counted exactly in grains of {grain:g}. "
            f"Choose narrower bounds or a grain of at least {max(map(abs, _given(bounds))) / EXACT:.2g}."
        )
    if round(low) == round(high):
        raise QueryError(f"Bounds {bounds} lie within one grain of {grain:g}. Choose a finer grain.")
    return round(low), round(high)


def _given(bounds: Bounds) -> tuple[float, float]:
    found = [real("A bound", bound) for bound in bounds] if isinstance(bounds, Iterable) else []
    if len(found) != 2 or not -math.inf < found[0] < found[1] < math.inf:
        raise QueryError("This query needs finite bounds (low, high), low < high, chosen without the data.")
    return found[0], found[1]


def _only(drawn: noise.Integers) -> Floats:
    return drawn[:, 0].astype(float)


def _vector(drawn: noise.Integers) -> Floats:
    return drawn.astype(float)
