"""What noise costs: mean absolute error against epsilon, and the error of the whole publication."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric
from lab.evidence.statistics import clopper_pearson
from lab.experiments.private_aggregates import truth
from lab.experiments.private_aggregates.arm import Arm, Seen
from lab.experiments.private_aggregates.bounding import bound
from lab.experiments.private_aggregates.criteria import FALSE_ALARM
from lab.experiments.private_aggregates.params import Params
from lab.experiments.private_aggregates.plan import INCOME_STEP, Question, questions, unit
from lab.experiments.private_aggregates.prepare import by_column
from lab.experiments.private_aggregates.statistic import Floats, Statistic

COVER_RELEASES = 2_000
# Where theory itself says that the mean of so many draws strays by more than this, nothing is judged.
TOO_RARE = 0.05


def mean_absolute_error(arm: Arm) -> Seen:
    """Every statistic at every epsilon of the grid, held against theory. Errors are those of the noise alone."""
    points = [
        _point(arm, question, epsilon)
        for question in questions(arm.params)
        for epsilon in arm.params.epsilons
    ]
    table = pd.DataFrame(points)
    judged = table[table["standard_error"] <= TOO_RARE * table["theory"]]
    reach = norm.isf(FALSE_ALARM / 2 / len(judged))
    off = (judged["mae"] - judged["theory"]).abs() / (reach * judged["standard_error"])
    row = judged.loc[off.idxmax()]
    detail = (
        f"of {len(judged)} points the {row['statistic']} at epsilon {row['epsilon']:g}: measured "
        f"{row['mae']:.4g}, theory {row['theory']:.4g}; {len(table) - len(judged)} points rest on too few "
        "draws with an error to be judged"
    )
    seen = {"error_equals_theory": Observation(float(off.max()), detail)}
    return Seen(seen, [_metric(row) for _, row in table.iterrows()], {"mae": table})


def _point(arm: Arm, question: Question, epsilon: float) -> dict[str, Any]:
    ready = arm.ready(question.query, question.bounds)
    rows = bound(arm.table, unit(arm.params), by_column(question.query))
    errors = noise_errors(arm, question, ready, rows, epsilon)
    expected = truth.expected_error(question, rows, arm.params, epsilon)
    mae = float(errors.mean())
    error = expected.sd / np.sqrt(errors.size)
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
        "releases": len(errors),
        "unit": question.unit,
    }


def noise_errors(
    arm: Arm, question: Question, ready: Statistic, rows: pd.DataFrame, epsilon: float
) -> Floats:
    """Absolute errors of independent releases, (n,) or (n, d), against the answer on bounded `rows`."""
    if question.name == "quantile":
        picked = ready.draw(epsilon, arm.params.slow_draws)
        return truth.rank_errors(truth.bounded_income(rows, arm.params), arm.params)[
            np.rint(picked / INCOME_STEP).astype(int)
        ]
    return np.abs(ready.draw(epsilon, arm.params.draws) - ready.answer)


def _size(question: Question, ready: Statistic, rows: pd.DataFrame) -> float:
    # What a reader compares an error with: the answer, or for a rank the number of rows.
    return float(len(rows)) if question.name == "quantile" else float(np.mean(ready.answer))


def _metric(row: pd.Series) -> Metric:
    return Metric(
        f"mae_{row['statistic']}_at_{row['epsilon']:g}",
        row["mae"],
        row["unit"],
        f"mean absolute error of the {row['statistic']} at epsilon {row['epsilon']:g}",
        interval=(row["low"], row["high"]),
        method="normal 95 %",
        better="lower",
    )


def utility(arm: Arm) -> Seen:
    """The whole publication inside one budget: errors against the true answers, noise, clipping and all."""
    true = truth.answers(arm.table)
    rows = [_publication_error(arm, question, true) for question in questions(arm.params)]
    table = pd.DataFrame(rows)
    worst = table.loc[table["p95"].idxmax()]
    detail = f"the {worst['statistic']}, with epsilon {worst['epsilon']:g} of {arm.params.epsilon:g}"
    metrics = [
        Metric(
            f"relative_error_{row['statistic']}",
            row["p95"],
            "",
            f"95th percentile of the {row['statistic']}'s relative error at epsilon {row['epsilon']:g}",
            better="lower",
        )
        for row in rows
    ]
    seen = {"utility_kept": Observation(float(worst["p95"]), detail)}
    return Seen(seen, metrics, {"utility": table})


def _publication_error(arm: Arm, question: Question, true: truth.Answers) -> dict[str, Any]:
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
    arm: Arm, question: Question, ready: Statistic, true: truth.Answers, epsilon: float
) -> tuple[Floats, float]:
    """Relative error of each release, and what is left of it without noise."""
    if question.name == "quantile":
        missed = truth.rank_errors(arm.table["income"].to_numpy(), arm.params) / len(arm.table)
        picked = ready.draw(epsilon, arm.params.slow_draws)
        return missed[np.rint(picked / INCOME_STEP).astype(int)], float(missed.min())
    answer = np.atleast_1d(true[question.name])
    drawn = ready.draw(epsilon, arm.params.draws).reshape(arm.params.draws, -1)
    bias = float(np.abs(np.atleast_1d(ready.answer) - answer).sum() / answer.sum())
    return np.abs(drawn - answer).sum(axis=1) / answer.sum(), bias


def coverage(arm: Arm) -> Seen:
    """How often the published intervals hold the answer on bounded contributions."""
    shares = {
        question.name: _covered(arm, question)
        for question in questions(arm.params)
        if question.name in ("count", "sum", "mean")
    }
    upper = {name: clopper_pearson(hits, COVER_RELEASES, 0.999)[1] for name, hits in shares.items()}
    worst = min(upper, key=lambda name: upper[name])
    share = shares[worst] / COVER_RELEASES
    detail = f"the {worst}: {100 * share:.1f} % of {COVER_RELEASES:,} releases"
    metrics = [
        Metric(
            f"coverage_{name}",
            hits / COVER_RELEASES,
            "",
            f"share of intervals that hold the {name}",
            interval=clopper_pearson(hits, COVER_RELEASES),
            method="clopper-pearson 95 %",
        )
        for name, hits in shares.items()
    ]
    return Seen({"interval_covers": Observation(upper[worst], detail)}, metrics)


def _covered(arm: Arm, question: Question) -> int:
    ready = arm.ready(question.query, question.bounds)
    epsilon, answer = question.epsilon(arm.params), float(ready.answer)
    intervals = [ready.release(epsilon)[1] for _ in range(COVER_RELEASES)]
    return sum(low <= answer <= high for low, high in intervals)


def exactness(arm: Arm) -> Seen:
    """The statistics without noise against a plain recomputation on the rows that may count."""
    params, wrong = arm.params, []
    for question in questions(params):
        rows = bound(arm.table, unit(params), by_column(question.query))
        found = arm.ready(question.query, question.bounds).answer
        if not _same(question, found, rows, params):
            wrong.append(question.name)
        if truth.oracle.most_rows(rows["person"].tolist()) > params.rows:
            wrong.append(f"rows of a person in the {question.name}")
    detail = ", ".join(wrong) or f"{len(questions(params))} statistics, row limit {params.rows} kept"
    return Seen({"exact_before_noise": Observation(len(wrong), detail)})


def _same(question: Question, found: Any, rows: pd.DataFrame, params: Params) -> bool:
    if question.name == "quantile":
        missed = truth.rank_errors(truth.bounded_income(rows, params), params)
        return missed[round(float(found) / INCOME_STEP)] == missed.min()
    plain = truth.answers(rows, params.visits_bound, params.income_bound)[question.name]
    # Incomes are rounded to a mark before they are added; half a mark is the most that can differ.
    within = 0.0005 if question.name == "mean" else 0.0
    return bool(np.all(np.abs(np.asarray(found) - plain) <= within))
