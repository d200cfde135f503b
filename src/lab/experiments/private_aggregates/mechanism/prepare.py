"""From a table and a query to a statistic: bound what a person contributes, clip, count in integers.

This is the mechanism that is judged. Sensitivities are for neighbours that differ by one person, who
comes or goes with all rows (unbounded, user-level differential privacy).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from lab.experiments.private_aggregates.mechanism import noise
from lab.experiments.private_aggregates.mechanism.bounding import ONE_ROW, Unit, bound, one_row_each
from lab.experiments.private_aggregates.mechanism.queries import (
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


def prepare(
    table: pd.DataFrame, query: Query, bounds: Bounds = None, unit: Unit = ONE_ROW, delta: float = 0.0
) -> Statistic:
    """The statistic that answers `query` on what `unit` lets each person contribute.

    bounds: (low, high) to which values are clipped; needed for sum, mean and quantile, and to be chosen
    without a look at the data. delta: for groups that are not known beforehand. ValueError if they are missing.
    """
    return statistic(bound(table, unit, by_column(query)), query, bounds, unit, delta)


def by_column(query: Query) -> str:
    """The column whose values a person may have only a few of; "" if there is none."""
    return query.by if isinstance(query, Grouped) else ""


def statistic(kept: pd.DataFrame, query: Query, bounds: Bounds, unit: Unit, delta: float) -> Statistic:
    """The statistic on rows that are bounded already, or believed to be."""
    match query:
        case Count():
            return Additive((Part(np.array([_count(kept, query, unit)]), _weight(query, unit)),), _only)
        case Sum():
            whole = _whole(kept[query.column], _given(bounds), query.grain)
            part = Part(np.array([whole.sum()]), unit.rows * _largest(bounds, query.grain))
            return Additive((part,), lambda drawn: drawn[:, 0] * query.grain)
        case Mean():
            return _mean(kept, query, _given(bounds), unit)
        case Histogram():
            inner = np.clip(np.searchsorted(query.edges, kept[query.column], "right") - 1, 0, None)
            bins = len(query.edges) - 1
            values = np.bincount(np.minimum(inner, bins - 1), minlength=bins)
            return Additive((Part(values, unit.rows),), _vector, query.edges[:-1])
        case Quantile():
            return _quantile(kept, query, _given(bounds), unit)
        case Grouped():
            return _grouped(kept, query, bounds, unit, delta)


def _mean(kept: pd.DataFrame, query: Mean, bounds: tuple[float, float], unit: Unit) -> Additive:
    # Values are counted from the middle: that halves what one row can do to the sum.
    middle = round((bounds[0] + bounds[1]) / 2 / query.grain) * query.grain
    around = bounds[0] - middle, bounds[1] - middle
    whole = _whole(kept[query.column] - middle, around, query.grain)
    total = Part(np.array([whole.sum()]), unit.rows * _largest(around, query.grain), 0.5)
    count = Part(np.array([len(whole)]), unit.rows, 0.5)

    def finish(totals: noise.Integers, counts: noise.Integers) -> Floats:
        return middle + query.grain * totals[:, 0] / np.maximum(counts[:, 0], 1)

    return Additive((total, count), finish)


def _quantile(kept: pd.DataFrame, query: Quantile, bounds: tuple[float, float], unit: Unit) -> Selection:
    steps = math.floor((bounds[1] - bounds[0]) / query.step + 1e-9)
    candidates = np.arange(steps + 1, dtype=np.int64)
    # On a grid a hundred times finer than the candidates', counted from the lower bound.
    fine = _whole(kept[query.column] - bounds[0], (0, bounds[1] - bounds[0]), query.step / 100)
    scores = noise.quantile_scores(fine, candidates * 100, query.q)
    sensitivity = noise.quantile_sensitivity(candidates, query.q, unit.rows)
    per_row = sensitivity / unit.rows / max(query.q, 1 - query.q)
    return Selection((bounds[0] + candidates * query.step).astype(np.float64), scores, sensitivity, per_row)


def _grouped(kept: pd.DataFrame, query: Grouped, bounds: Bounds, unit: Unit, delta: float) -> Statistic:
    if query.keys:
        return _known_groups(kept, query, bounds, unit)
    assert isinstance(query.inner, Count)  # Grouped refuses anything else
    if not 0 < delta < 1:
        raise ValueError("groups that are not known beforehand need a delta between 0 and 1")
    counts = _matching(kept, query.inner, unit, query.by)[query.by].value_counts().to_dict()
    kind, plain = noise.plain(counts)
    most = 1 if query.inner.persons else unit.rows
    weight = unit.groups if query.inner.persons else unit.rows
    return Thresholded(plain, min(unit.groups, weight), weight, most, delta, kind=kind)


def _known_groups(kept: pd.DataFrame, query: Grouped, bounds: Bounds, unit: Unit) -> Additive:
    keys, inner = list(query.keys), query.inner
    if isinstance(inner, Count):
        found = _matching(kept, inner, unit, query.by)[query.by].value_counts().reindex(keys, fill_value=0)
        weight = unit.groups if inner.persons else unit.rows
        return Additive((Part(np.asarray(found, dtype=np.int64), weight),), _vector, query.keys)
    whole = pd.Series(_whole(kept[inner.column], _given(bounds), inner.grain), index=kept[query.by])
    sums = whole.groupby(level=0).sum().reindex(keys, fill_value=0)
    part = Part(np.asarray(sums, dtype=np.int64), unit.rows * _largest(bounds, inner.grain))
    return Additive((part,), lambda drawn: drawn * inner.grain, query.keys)


def _count(kept: pd.DataFrame, query: Count, unit: Unit) -> int:
    return len(_matching(kept, query, unit))


def _matching(kept: pd.DataFrame, query: Count, unit: Unit, by: str = "") -> pd.DataFrame:
    rows = kept[kept[query.where]] if query.where else kept
    return one_row_each(rows, unit.person, by) if query.persons else rows


def _weight(query: Count, unit: Unit) -> int:
    return 1 if query.persons else unit.rows


def _whole(column: pd.Series, bounds: tuple[float, float], grain: float) -> noise.Integers:
    """Values clipped to `bounds`, in whole grains; a missing one counts as the lower bound."""
    clipped = column.to_numpy(dtype=float, na_value=bounds[0]).clip(*bounds)
    return np.rint(clipped / grain).astype(np.int64)


def _largest(bounds: Bounds, grain: float) -> int:
    return math.ceil(max(map(abs, _given(bounds))) / grain - 1e-9)


def _given(bounds: Bounds) -> tuple[float, float]:
    if bounds is None or not bounds[0] < bounds[1]:
        raise ValueError("this query needs bounds (low, high) with low < high, chosen without the data")
    return bounds


def _only(drawn: noise.Integers) -> Floats:
    return drawn[:, 0].astype(float)


def _vector(drawn: noise.Integers) -> Floats:
    return drawn.astype(float)
