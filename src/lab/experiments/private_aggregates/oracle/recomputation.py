"""Plain recomputations: the planned answers, from rows as they are or as a person may contribute them; a budget."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lab.experiments.private_aggregates.oracle import theory
from lab.experiments.private_aggregates.params import AGES, EDUCATION, INCOME_STEP, QUANTILE, Params

Answers = dict[str, Any]


def answers(rows: pd.DataFrame, visits_bound: float = math.inf, income_bound: float = math.inf) -> Answers:
    """Count, sum, mean, histogram and groups on `rows`; clipped if bounds are given."""
    education = Counter(rows["education"].tolist())
    return {
        "count": sum(rows["out_of_work"].tolist()),
        "sum": clipped_sum(rows["visits"].tolist(), 0, visits_bound),
        "mean": clipped_sum(rows["income"].tolist(), 0, income_bound) / len(rows),
        "histogram": np.array(binned(rows["age"].tolist(), AGES)),
        "grouped": np.array([education[level] for level in EDUCATION]),
    }


def rank_errors(income: theory.Floats, params: Params) -> theory.Floats:
    """By how many rows each candidate for the quantile of `income` misses it."""
    return theory.rank_errors(income, candidates(params), QUANTILE)


def bounded_income(rows: pd.DataFrame, params: Params) -> theory.Floats:
    """Income as the mechanism may look at it: clipped, in whole marks."""
    return np.round(np.minimum(rows["income"].to_numpy(), params.income_bound), 3)


def candidates(params: Params) -> theory.Floats:
    return np.arange(0.0, math.floor(params.income_bound / INCOME_STEP + 1e-9) + 1) * INCOME_STEP


def expected_error(statistic: str, rows: pd.DataFrame, params: Params, epsilon: float) -> theory.Expected:
    """Theory for one release of `statistic` on bounded `rows` with `epsilon`."""
    match statistic:
        case "sum":
            return theory.laplace_error(params.rows * params.visits_bound, epsilon)
        case "mean":
            half = params.income_bound / 2
            above = math.fsum(bounded_income(rows, params) - half)
            return theory.mean_error(above, len(rows), half, params.rows, epsilon)
        case "quantile":
            income = bounded_income(rows, params)
            return theory.quantile_error(income, candidates(params), QUANTILE, params.rows, epsilon)
        case _:
            return theory.laplace_error(params.rows, epsilon)


def clipped_sum(values: Iterable[float], low: float, high: float) -> float:
    """Sum of the clipped values, rounded once."""
    return math.fsum(min(max(float(value), low), high) for value in values)


def binned(values: Iterable[float], edges: Sequence[float]) -> list[int]:
    """Values in [edge, next edge), by comparison with each edge; outside ones in the end bins."""
    counts = [0] * (len(edges) - 1)
    for value in values:
        place = sum(value >= edge for edge in edges) - 1
        counts[min(max(place, 0), len(counts) - 1)] += 1
    return counts


def most_rows(people: Iterable[int]) -> int:
    """Rows of the person who has the most."""
    return max(Counter(people).values())


def admitted(limit: int, costs: Iterable[int]) -> list[bool]:
    """Which costs an accountant must admit, one after another, all in the same whole units."""
    spent, decisions = 0, []
    for cost in costs:
        fits = spent + cost <= limit
        spent += cost if fits else 0
        decisions.append(fits)
    return decisions
