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
from lab.experiments.private_aggregates.workload.arms import Arm
from lab.experiments.private_aggregates.workload.plan import Question, questions, unit

COVER_RELEASES = 2_000


def errors(arm: Arm) -> pd.DataFrame:
    """Every statistic at every epsilon of the grid, beside theory. Errors are those of the noise alone."""
    return pd.DataFrame(
        _point(arm, question, epsilon)
        for question in questions(arm.params)
        for epsilon in arm.params.epsilons
    )


def _point(arm: Arm, question: Question, epsilon: float) -> dict[str, Any]:
    ready = arm.ready(question.query, question.bounds)
    rows = bound(arm.table, unit(arm.params), by_column(question.query))
    missed = _noise_errors(arm, question, ready, rows, epsilon)
    expected = recomputation.expected_error(question.name, rows, arm.params, epsilon)
    mae = float(missed.mean())
    error = expected.sd / np.sqrt(missed.size)
    return {
        "statistic": question.name,
        "epsilon": epsilon,
        "mae": mae,
        "low": mae - 1.96 * error,
        "high": mae + 1.96 * error,
        "theory": expected.mean,
        "standard_error": error,
        "relative": mae / _size(question, ready, rows),
        "relative_theory": expected.mean / _size(question, ready, rows),
        "releases": len(missed),
        "unit": question.unit,
    }


def _noise_errors(
    arm: Arm, question: Question, ready: Statistic, rows: pd.DataFrame, epsilon: float
) -> Floats:
    """Absolute errors of independent releases, (n,) or (n, d), against the answer on bounded `rows`."""
    if question.name == "quantile":
        picked = ready.draw(epsilon, arm.params.slow_draws)
        return recomputation.rank_errors(recomputation.bounded_income(rows, arm.params), arm.params)[
            np.rint(picked / INCOME_STEP).astype(int)
        ]
    return np.abs(ready.draw(epsilon, arm.params.draws) - ready.answer)


def _size(question: Question, ready: Statistic, rows: pd.DataFrame) -> float:
    # What a reader compares an error with: the answer, or for a rank the number of rows.
    return float(len(rows)) if question.name == "quantile" else float(np.mean(ready.answer))


def utility(arm: Arm) -> pd.DataFrame:
    """The whole publication inside one budget: errors against the true answers, noise, clipping and all."""
    true = recomputation.answers(arm.table)
    return pd.DataFrame(_publication_error(arm, question, true) for question in questions(arm.params))


def _publication_error(arm: Arm, question: Question, true: recomputation.Answers) -> dict[str, Any]:
    epsilon = question.epsilon(arm.params)
    ready = arm.ready(question.query, question.bounds)
    relative, bias = _relative_errors(arm, question, ready, true, epsilon)
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
    arm: Arm, question: Question, ready: Statistic, true: recomputation.Answers, epsilon: float
) -> tuple[Floats, float]:
    """Relative error of each release, and what is left of it without noise."""
    if question.name == "quantile":
        missed = recomputation.rank_errors(arm.table["income"].to_numpy(), arm.params) / len(arm.table)
        picked = ready.draw(epsilon, arm.params.slow_draws)
        return missed[np.rint(picked / INCOME_STEP).astype(int)], float(missed.min())
    answer = np.atleast_1d(true[question.name])
    drawn = ready.draw(epsilon, arm.params.draws).reshape(arm.params.draws, -1)
    bias = float(np.abs(np.atleast_1d(ready.answer) - answer).sum() / answer.sum())
    return np.abs(drawn - answer).sum(axis=1) / answer.sum(), bias


def coverage(arm: Arm) -> dict[str, int]:
    """How many of COVER_RELEASES published intervals hold the answer on bounded contributions."""
    return {
        question.name: _covered(arm, question)
        for question in questions(arm.params)
        if question.name in ("count", "sum", "mean")
    }


def _covered(arm: Arm, question: Question) -> int:
    ready = arm.ready(question.query, question.bounds)
    epsilon, answer = question.epsilon(arm.params), float(ready.answer)
    intervals = [ready.release(epsilon)[1] for _ in range(COVER_RELEASES)]
    return sum(low <= answer <= high for low, high in intervals)


def exactness(arm: Arm) -> list[Exact]:
    """The statistics without noise and a plain recomputation, on the rows that may count."""
    return [_exact(arm, question) for question in questions(arm.params)]


def _exact(arm: Arm, question: Question) -> Exact:
    params = arm.params
    rows = bound(arm.table, unit(params), by_column(question.query))
    found = arm.ready(question.query, question.bounds).answer
    most = recomputation.most_rows(rows["person"].tolist())
    if question.name == "quantile":
        missed = recomputation.rank_errors(recomputation.bounded_income(rows, params), params)
        return Exact(question.name, missed[round(float(found) / INCOME_STEP)], missed.min(), most)
    plain = recomputation.answers(rows, params.visits_bound, params.income_bound)[question.name]
    return Exact(question.name, found, plain, most)
