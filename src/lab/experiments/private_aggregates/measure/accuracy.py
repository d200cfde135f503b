"""What noise costs: mean absolute error against epsilon, and the error of the whole publication."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lab.experiments.private_aggregates.measure.seen import Exact
from lab.experiments.private_aggregates.mechanism.bounding import bound
from lab.experiments.private_aggregates.mechanism.prepare import by_column
from lab.experiments.private_aggregates.mechanism.statistic import Floats, Statistic
from lab.experiments.private_aggregates.oracle import recomputation
from lab.experiments.private_aggregates.params import INCOME_STEP
from lab.experiments.private_aggregates.workload.plan import Question, questions, unit
from lab.experiments.private_aggregates.workload.variants import Variant

COVER_RELEASES = 2_000


def errors(variant: Variant) -> pd.DataFrame:
    """Every statistic at every epsilon of the grid, beside theory. Errors are those of the noise alone."""
    return pd.DataFrame(
        _point(variant, question, epsilon)
        for question in questions(variant.params)
        for epsilon in variant.params.epsilons
    )


def _point(variant: Variant, question: Question, epsilon: float) -> dict[str, Any]:
    ready = variant.ready(question.query, question.bounds)
    rows = bound(variant.table, unit(variant.params), by_column(question.query))
    missed = _noise_errors(variant, question, ready, rows, epsilon)
    expected = recomputation.expected_error(question.name, rows, variant.params, epsilon)
    mae = float(missed.mean())
    error = expected.sd / np.sqrt(missed.size)
    return {
        "statistic": question.name,
        "epsilon": epsilon,
        "mae": mae,
        "low": max(0.0, mae - 1.96 * error),
        "high": mae + 1.96 * error,
        "theory": expected.mean,
        "standard_error": error,
        "relative": mae / _size(question, ready, rows),
        "relative_theory": expected.mean / _size(question, ready, rows),
        "releases": len(missed),
        "unit": question.unit,
    }


def _noise_errors(
    variant: Variant, question: Question, ready: Statistic, rows: pd.DataFrame, epsilon: float
) -> Floats:
    """Absolute errors of independent releases, (n,) or (n, d), against the answer on bounded `rows`."""
    if question.name == "quantile":
        picked = ready.draw(epsilon, variant.params.slow_draws)
        return recomputation.rank_errors(recomputation.bounded_income(rows, variant.params), variant.params)[
            np.rint(picked / INCOME_STEP).astype(int)
        ]
    return np.abs(ready.draw(epsilon, variant.params.draws) - ready.answer)


def _size(question: Question, ready: Statistic, rows: pd.DataFrame) -> float:
    # What a reader compares an error with: the answer, or for a rank the number of rows.
    return float(len(rows)) if question.name == "quantile" else float(np.mean(ready.answer))


def utility(variant: Variant) -> pd.DataFrame:
    """The whole publication inside one budget: errors against the true answers, noise, clipping and all."""
    true = recomputation.answers(variant.table)
    return pd.DataFrame(_publication_error(variant, question, true) for question in questions(variant.params))


def _publication_error(variant: Variant, question: Question, true: recomputation.Answers) -> dict[str, Any]:
    epsilon = question.epsilon(variant.params)
    ready = variant.ready(question.query, question.bounds)
    relative, bias = _relative_errors(variant, question, ready, true, epsilon)
    return {
        "statistic": question.name,
        "answers": question.unit,
        "epsilon": epsilon,
        "median": float(np.median(relative)),
        "p95": float(np.quantile(relative, 0.95)),
        "without_noise": bias,
        "releases": len(relative),
    }


def _relative_errors(
    variant: Variant, question: Question, ready: Statistic, true: recomputation.Answers, epsilon: float
) -> tuple[Floats, float]:
    """Relative error of each release, and what is left of it without noise."""
    if question.name == "quantile":
        missed = recomputation.rank_errors(variant.table["income"].to_numpy(), variant.params) / len(
            variant.table
        )
        picked = ready.draw(epsilon, variant.params.slow_draws)
        return missed[np.rint(picked / INCOME_STEP).astype(int)], float(missed.min())
    answer = np.atleast_1d(true[question.name])
    drawn = ready.draw(epsilon, variant.params.draws).reshape(variant.params.draws, -1)
    bias = float(np.abs(np.atleast_1d(ready.answer) - answer).sum() / answer.sum())
    return np.abs(drawn - answer).sum(axis=1) / answer.sum(), bias


def coverage(variant: Variant) -> dict[str, int]:
    """How many of COVER_RELEASES published intervals hold the answer on bounded contributions."""
    return {
        question.name: _covered(variant, question)
        for question in questions(variant.params)
        if question.name in ("count", "sum", "mean")
    }


def _covered(variant: Variant, question: Question) -> int:
    ready = variant.ready(question.query, question.bounds)
    epsilon, answer = question.epsilon(variant.params), float(ready.answer)
    intervals = [ready.release(epsilon)[1] for _ in range(COVER_RELEASES)]
    return sum(low <= answer <= high for low, high in intervals)


def exactness(variant: Variant) -> list[Exact]:
    """The statistics without noise and a plain recomputation, on the rows that may count."""
    return [_exact(variant, question) for question in questions(variant.params)]


def _exact(variant: Variant, question: Question) -> Exact:
    params = variant.params
    rows = bound(variant.table, unit(params), by_column(question.query))
    found = variant.ready(question.query, question.bounds).answer
    most = recomputation.most_rows(rows["person"].tolist())
    if question.name == "quantile":
        missed = recomputation.rank_errors(recomputation.bounded_income(rows, params), params)
        return Exact(question.name, missed[round(float(found) / INCOME_STEP)], missed.min(), most)
    plain = recomputation.answers(rows, params.visits_bound, params.income_bound)[question.name]
    return Exact(question.name, found, plain, most)
