"""The mechanism broken in the ways that are found in the wild: one control each."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from lab.experiments.private_aggregates.bounding import Unit
from lab.experiments.private_aggregates.prepare import prepare, statistic
from lab.experiments.private_aggregates.queries import Bounds, Query
from lab.experiments.private_aggregates.statistic import Additive, Selection, Statistic, Thresholded


def half_sensitivity(
    table: pd.DataFrame, query: Query, bounds: Bounds, unit: Unit, delta: float
) -> Statistic:
    """Noise for half of what one person can change, as when "replace a row" is taken for "add a row"."""
    ready = prepare(table, query, bounds, unit, delta)
    if isinstance(ready, Additive):
        parts = tuple(replace(part, sensitivity=part.sensitivity / 2) for part in ready.parts)
        return replace(ready, parts=parts)
    assert isinstance(ready, Selection | Thresholded)
    return replace(ready, sensitivity=ready.sensitivity / 2)


def unbounded_contributions(
    table: pd.DataFrame, query: Query, bounds: Bounds, unit: Unit, delta: float
) -> Statistic:
    """Noise for one row per person, and nobody sees to it: the textbook's count on a real table."""
    return statistic(table, query, bounds, replace(unit, rows=1), delta)


def no_threshold(table: pd.DataFrame, query: Query, bounds: Bounds, unit: Unit, delta: float) -> Statistic:
    """Noise on every group that is there, and all with a count above zero published."""
    ready = prepare(table, query, bounds, unit, delta)
    return replace(ready, cut=0) if isinstance(ready, Thresholded) else ready
