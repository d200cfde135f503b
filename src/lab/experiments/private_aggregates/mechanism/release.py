"""The aggregation function that a reader takes home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from lab.experiments.private_aggregates.mechanism.bounding import ONE_ROW, Unit
from lab.experiments.private_aggregates.mechanism.budget import Budget, Cost
from lab.experiments.private_aggregates.mechanism.prepare import Prepare, prepare
from lab.experiments.private_aggregates.mechanism.queries import Bounds, Query


@dataclass(frozen=True)
class Release:
    """A published answer.

    value: a number, or a dict by bin or group. interval: at 95 %, for the answer on bounded contributions
    (a clipped value is not brought back by it); of a quantile, for its rank: see `statistic.Selection`.
    spent: what it cost.
    """

    value: Any
    interval: Any
    spent: Cost


def release(
    table: pd.DataFrame,
    query: Query,
    epsilon: float,
    bounds: Bounds = None,
    *,
    unit: Unit = ONE_ROW,
    delta: float = 0.0,
    budget: Budget | None = None,
    prepare: Prepare = prepare,
) -> Release:
    """Answer `query` on `table` with (epsilon, delta)-differential privacy for each person.

    unit: who is a person, how many rows (and groups) of one count. bounds: what values are clipped to.
    budget: charged for what is released and for nothing else: BudgetExceededError if it is too small, QueryError
    if query, bounds, unit, epsilon or delta make no sense or the answer can't be exact; then nothing is charged.
    """
    cost = Cost(epsilon, delta)
    ready = prepare(table, query, bounds, unit, cost.delta)
    if budget is None:
        return Release(*ready.release(cost.epsilon), cost)
    budget.check(str(query), cost)
    drawn = ready.release(cost.epsilon)
    # Last, when nothing can go wrong any more; what does not fit by now is thrown away.
    budget.spend(str(query), cost)
    return Release(*drawn, cost)
