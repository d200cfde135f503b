"""The oracle's answers to the planned questions: from rows as they are, or as a person may contribute them."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from lab.experiments.private_aggregates import oracle
from lab.experiments.private_aggregates.params import Params
from lab.experiments.private_aggregates.plan import (
    AGES,
    EDUCATION,
    INCOME_STEP,
    QUANTILE,
    Question,
)

Answers = dict[str, Any]


def answers(rows: pd.DataFrame, visits_bound: float = math.inf, income_bound: float = math.inf) -> Answers:
    """Count, sum, mean, histogram and groups on `rows`; clipped if bounds are given."""
    education = Counter(rows["education"].tolist())
    return {
        "count": sum(rows["out_of_work"].tolist()),
        "sum": oracle.clipped_sum(rows["visits"].tolist(), 0, visits_bound),
        "mean": oracle.clipped_sum(rows["income"].tolist(), 0, income_bound) / len(rows),
        "histogram": np.array(oracle.binned(rows["age"].tolist(), AGES)),
        "grouped": np.array([education[level] for level in EDUCATION]),
    }


def rank_errors(income: oracle.Floats, params: Params) -> oracle.Floats:
    """By how many rows each candidate for the quantile of `income` misses it."""
    return oracle.rank_errors(income, candidates(params), QUANTILE)


def bounded_income(rows: pd.DataFrame, params: Params) -> oracle.Floats:
    """Income as the mechanism may look at it: clipped, in whole marks."""
    return np.round(np.minimum(rows["income"].to_numpy(), params.income_bound), 3)


def candidates(params: Params) -> oracle.Floats:
    return np.arange(0.0, math.floor(params.income_bound / INCOME_STEP + 1e-9) + 1) * INCOME_STEP


def expected_error(question: Question, rows: pd.DataFrame, params: Params, epsilon: float) -> oracle.Expected:
    """Theory for one release of `question` on bounded `rows` with `epsilon`."""
    match question.name:
        case "sum":
            return oracle.laplace_error(params.rows * params.visits_bound, epsilon)
        case "mean":
            half = params.income_bound / 2
            above = math.fsum(bounded_income(rows, params) - half)
            return oracle.mean_error(above, len(rows), half, params.rows, epsilon)
        case "quantile":
            income = bounded_income(rows, params)
            return oracle.quantile_error(income, candidates(params), QUANTILE, params.rows, epsilon)
        case _:
            return oracle.laplace_error(params.rows, epsilon)
