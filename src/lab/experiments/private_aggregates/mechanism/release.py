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
    budget: charged before any noise is drawn; BudgetExceededError if it is too small, and nothing is released.
    ValueError if bounds or delta are missing where the query needs them; then nothing is charged.
    """
    cost = Cost(epsilon, delta)
    ready = prepare(table, query, bounds, unit, delta)
    if budget is not None:
        budget.spend(str(query), cost)
    value, interval = ready.release(epsilon)
    return Release(value, interval, cost)
