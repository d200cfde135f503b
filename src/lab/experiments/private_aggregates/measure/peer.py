"""The same statistics by a second library, IBM's diffprivlib (Holohan et al. 2019).

It protects one row, not one person, and takes the number of rows for public. A person with k rows is
protected by giving each call epsilon / k; then count, sum and histogram add the same noise as ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from lab.experiments.private_aggregates.mechanism.bounding import bound
from lab.experiments.private_aggregates.params import AGES
from lab.experiments.private_aggregates.workload import plan
from lab.experiments.private_aggregates.workload.variants import Variant

RELEASES = 4_000
COMPARED = ("count", "sum", "histogram", "mean")


def compare(variant: Variant) -> pd.DataFrame:
    """Mean absolute errors of both libraries at the plan's epsilons."""
    asked = {question.name: question for question in plan.questions(variant.params)}
    return pd.DataFrame([_row(variant, asked[name]) for name in COMPARED])


def _row(variant: Variant, question: plan.Question) -> dict[str, Any]:
    epsilon = question.epsilon(variant.params)
    ready = variant.ready(question.query, question.bounds)
    ours = np.abs(ready.draw(epsilon, RELEASES) - ready.answer).mean()
    call = _call(variant, question, epsilon / variant.params.rows)
    theirs = np.abs(np.array([call() for _ in range(RELEASES)], dtype=float) - ready.answer).mean()
    return {
        "statistic": question.name,
        "epsilon": epsilon,
        "ours": float(ours),
        "diffprivlib": float(theirs),
        "ratio": float(ours / theirs),
        "unit": question.unit,
    }


def _call(variant: Variant, question: plan.Question, epsilon: float) -> Callable[[], Any]:
    # Only this experiment's set-up installs it.
    from diffprivlib import tools

    rows = bound(variant.table, plan.unit(variant.params))
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
            column, edges = rows["age"].to_numpy(), np.array(AGES)
            span = (AGES[0], AGES[-1])
            return lambda: tools.histogram(column, epsilon=epsilon, bins=edges, range=span)[0]
