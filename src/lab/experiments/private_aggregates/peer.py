"""The same statistics by a second library, IBM's diffprivlib (Holohan et al. 2019).

It protects one row, not one person, and takes the number of rows for public. A person with k rows is
protected by giving each call epsilon / k; then count, sum and histogram add the same noise as ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from diffprivlib import tools

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric
from lab.experiments.private_aggregates import plan
from lab.experiments.private_aggregates.arm import Arm, Seen
from lab.experiments.private_aggregates.bounding import bound

RELEASES = 4_000
COMPARED = ("count", "sum", "histogram", "mean")
SAME_NOISE = ("count", "sum", "histogram")


def compare(arm: Arm) -> Seen:
    """Mean absolute errors of both libraries at the plan's epsilons."""
    asked = {question.name: question for question in plan.questions(arm.params)}
    table = pd.DataFrame([_row(arm, asked[name]) for name in COMPARED])
    same = table[table["statistic"].isin(SAME_NOISE)]
    worst = same.loc[(same["ratio"] - 1).abs().idxmax()]
    detail = f"the {worst['statistic']}: ours {worst['ours']:.4g}, diffprivlib {worst['diffprivlib']:.4g}"
    metrics = [
        Metric(
            f"ours_over_diffprivlib_{row['statistic']}", row["ratio"], "", f"error of the {row['statistic']}"
        )
        for _, row in table.iterrows()
    ]
    seen = {"agrees_with_diffprivlib": Observation(abs(float(worst["ratio"]) - 1), detail)}
    return Seen(seen, metrics, {"peer": table})


def _row(arm: Arm, question: plan.Question) -> dict[str, Any]:
    epsilon = question.epsilon(arm.params)
    ready = arm.ready(question.query, question.bounds)
    ours = np.abs(ready.draw(epsilon, RELEASES) - ready.answer).mean()
    call = _call(arm, question, epsilon / arm.params.rows)
    theirs = np.abs(np.array([call() for _ in range(RELEASES)], dtype=float) - ready.answer).mean()
    return {
        "statistic": question.name,
        "epsilon": epsilon,
        "ours": float(ours),
        "diffprivlib": float(theirs),
        "ratio": float(ours / theirs),
        "unit": question.unit,
    }


def _call(arm: Arm, question: plan.Question, epsilon: float) -> Callable[[], Any]:
    rows = bound(arm.table, plan.unit(arm.params))
    bounds = question.bounds
    match question.name:
        case "count":
            column = rows["out_of_work"].to_numpy()
            return lambda: tools.count_nonzero(column, epsilon=epsilon)
        case "sum":
            column = rows["visits"].to_numpy(dtype=float)
            return lambda: tools.sum(column, epsilon=epsilon, bounds=bounds)
        case "mean":
            column = rows["income"].to_numpy()
            return lambda: tools.mean(column, epsilon=epsilon, bounds=bounds)
        case _:
            column, edges = rows["age"].to_numpy(), np.array(plan.AGES)
            span = (plan.AGES[0], plan.AGES[-1])
            return lambda: tools.histogram(column, epsilon=epsilon, bins=edges, range=span)[0]
