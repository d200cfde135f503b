"""The variants: a mechanism on the table; and the mechanism broken as it is found in the wild, one control each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from lab.experiments.private_aggregates.mechanism.bounding import Unit
from lab.experiments.private_aggregates.mechanism.prepare import Prepare, prepare, statistic
from lab.experiments.private_aggregates.mechanism.queries import Bounds, Query
from lab.experiments.private_aggregates.mechanism.statistic import Additive, Selection, Statistic, Thresholded
from lab.experiments.private_aggregates.params import Params
from lab.experiments.private_aggregates.workload import plan


@dataclass(frozen=True)
class Variant:
    """A mechanism on the table."""

    params: Params
    table: pd.DataFrame
    mechanism: Prepare

    def ready(
        self, query: Query, bounds: Bounds = None, table: pd.DataFrame | None = None, delta: float = 0.0
    ) -> Statistic:
        """The mechanism's statistic on the table, or on another `table`."""
        chosen = self.table if table is None else table
        return self.mechanism(chosen, query, bounds, plan.unit(self.params), delta)


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
