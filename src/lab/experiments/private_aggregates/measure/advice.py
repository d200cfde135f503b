"""What the page advises, run beside its neighbours; and errors by the size of a group and of the table."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from lab.experiments.private_aggregates.measure.seen import Sizes
from lab.experiments.private_aggregates.mechanism.queries import Count, Grouped, Sum
from lab.experiments.private_aggregates.mechanism.statistic import Floats, Thresholded
from lab.experiments.private_aggregates.oracle import theory
from lab.experiments.private_aggregates.workload import plan
from lab.experiments.private_aggregates.workload.survey import copies, share
from lab.experiments.private_aggregates.workload.variants import Variant

VISITS = tuple(range(61))  # groups that are known beforehand; most of them hold few people
RELEASES = 4_000
COPIES = SPLIT = 10  # a tenth of the people, and ten times as many


def sizes(variant: Variant) -> Sizes:
    """The advice of this run, tried. No constant of the model is taken from the tenth or from the ten copies."""
    params, epsilon = variant.params, plan.questions(variant.params)[-1].epsilon(variant.params)
    hidden = variant.ready(Grouped(Count(), "hospital_visits"), delta=params.delta)
    assert isinstance(hidden, Thresholded)
    clipped = float(variant.ready(Sum("visits"), (0.0, float(params.visits_bound))).answer)
    true = float(variant.table["visits"].sum())
    return Sizes(
        groups=_groups(variant, epsilon),
        tried=pd.DataFrame(_tried(variant, clipped, true)),
        people=variant.table["person"].nunique(),
        clipped_visits=clipped,
        visits=true,
        group_epsilon=epsilon,
        key_threshold=hidden.threshold(epsilon),
    )


def _groups(variant: Variant, epsilon: float) -> pd.DataFrame:
    ready = variant.ready(Grouped(Count(), "hospital_visits", VISITS))
    errors = np.abs(ready.draw(epsilon, RELEASES) - ready.answer)
    table = pd.DataFrame({"group": VISITS, "rows": ready.answer, "p95": np.quantile(errors, 0.95, axis=0)})
    table = table[table["rows"] > 0].reset_index(drop=True)
    due = theory.laplace_p95(variant.params.rows, epsilon)
    return table.assign(relative=table["p95"] / table["rows"], theory=due / table["rows"])


def _tried(variant: Variant, clipped: float, true: float) -> Iterator[dict[str, Any]]:
    """One row for each piece of advice and neighbour: 95th percentile of the relative error."""
    params = variant.params
    group_epsilon, epsilon = (plan.questions(params)[place].epsilon(params) for place in (-1, 1))
    rows = math.ceil(theory.laplace_p95(params.rows, group_epsilon) / params.target)
    for size in (rows // 2, rows, 2 * rows):
        # Rows of whoever they are: the count's noise does not ask, and nobody's are dropped.
        ready = variant.ready(Count(), table=variant.table.head(size))
        yield _row("group size", size, _p95(ready.draw(group_epsilon, RELEASES), size))
    for limit in range(1, params.rows + 1):
        fewer = replace(variant, params=params.model_copy(update={"rows": limit}))
        yield _row("rows per person", limit, _sum_error(fewer, variant.table, epsilon))
    for times, table in _tables(variant):
        for bound in sorted(
            {max(1.0, round(params.visits_bound * factor)) for factor in (0.25, 0.5, 1.0, 2.0)}
        ):
            yield _row("bound on visits", bound, _sum_error(variant, table, epsilon, bound), times)
        needed = theory.epsilon_for(
            params.target, params.rows * params.visits_bound / (true * times), 1 - clipped / true
        )
        for value in (needed / 2, needed, 2 * needed) if times >= 1 and needed < math.inf else ():
            yield _row("epsilon of the sum", value, _sum_error(variant, table, value), times)


def _tables(variant: Variant) -> Iterator[tuple[float, pd.DataFrame]]:
    yield 1 / SPLIT, share(variant.table, SPLIT, variant.params.seed)
    yield 1.0, variant.table
    yield float(COPIES), copies(variant.table, COPIES)


def _sum_error(variant: Variant, table: pd.DataFrame, epsilon: float, bound: float | None = None) -> float:
    """Of the sum of visits against the true one: noise, clipping and dropped rows."""
    limits = 0.0, bound or float(variant.params.visits_bound)
    ready = variant.ready(Sum("visits"), limits, table)
    return _p95(ready.draw(epsilon, RELEASES), float(table["visits"].sum()))


def _p95(drawn: Floats, true: float) -> float:
    return float(np.quantile(np.abs(drawn - true), 0.95) / true)


def _row(advice: str, value: float, p95: float, factor: float = 1.0) -> dict[str, Any]:
    return {"advice": advice, "value": float(value), "factor": factor, "p95": p95, "releases": RELEASES}
