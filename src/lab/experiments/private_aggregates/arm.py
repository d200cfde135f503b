"""One arm of the experiment and what is seen in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric
from lab.experiments.private_aggregates import plan
from lab.experiments.private_aggregates.prepare import Prepare
from lab.experiments.private_aggregates.queries import Bounds, Query
from lab.experiments.private_aggregates.statistic import Statistic


@dataclass(frozen=True)
class Arm:
    """A mechanism on the table."""

    params: plan.Params
    table: pd.DataFrame
    mechanism: Prepare

    def ready(
        self, query: Query, bounds: Bounds = None, table: pd.DataFrame | None = None, delta: float = 0.0
    ) -> Statistic:
        """The mechanism's statistic on the table, or on another `table`."""
        chosen = self.table if table is None else table
        return self.mechanism(chosen, query, bounds, plan.unit(self.params), delta)


@dataclass(frozen=True)
class Seen:
    """Part of a result."""

    observed: Mapping[str, Observation]
    metrics: Sequence[Metric] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
