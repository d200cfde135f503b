"""How the worth of a history, and the harm of a wrong default, change with the interactions that a user has."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Model, Prediction, Result
from lab.experiments.cold_start.judge.law import PREDICTED
from lab.experiments.cold_start.params import LADDER, WARM
from lab.experiments.cold_start.present.calculator import UNTOLD, calculator
from lab.experiments.cold_start.present.findings import Findings, findings

COLD_SHARE = 0.1  # of requests, for an example


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """The level's error against interactions, fitted to the first five, checked at ten."""
    found = findings(treatment, controls)
    return Model(
        statement=(
            "The history counts with n/(n+k) and the default with k/(n+k), so the squared error of a user's level falls by "
            "G n/(n+k), where G is what lasts of the ways in which users differ at first."
        ),
        formula=r"E(n) = E_0 - G\,\frac{n}{n+k}",
        constants=[
            treatment.metric(name) for name in ("k_level", "k_by_variances", "level_error@0", "level_gain")
        ],
        check=Prediction(
            f"squared error of the level after {PREDICTED} interactions",
            found.law.at(PREDICTED),
            found.level(PREDICTED),
            "stars²",
            "model_predicts",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        advice=_advice(found),
        grades={
            "interactions": "arithmetic",
            "weight of the history": "arithmetic",
            "level's typical error": "measured",
            "left of a default wrong by 1 star": "arithmetic",
        },
        checked_to=PREDICTED,
        changes_at=f"{found.law.k:.1f} interactions: the history outweighs the default",
        calculator=calculator(found),
    )


def _row(found: Findings, count: int) -> dict[str, object]:
    seen = calculator(found).answers(interactions=count)
    error = _root(found.level(count)) if count in LADDER else seen["error"]
    return {
        "factor": count,
        "interactions": count,
        "weight of the history": f"{seen['weight']:.1f}%",
        "level's typical error": f"{error:.3f} stars" if math.isfinite(error) else UNTOLD,
        "left of a default wrong by 1 star": f"{seen['left']:.3f} stars",
    }


def _root(squared: float) -> float:
    return math.sqrt(max(squared, 0.0))


def _advice(found: Findings) -> list[Advice]:
    law, zero, ahead = found.law, found.zero_cost, found.treatment.metric("fitted_k_ahead")
    assert ahead.interval is not None
    average = COLD_SHARE * zero
    return [
        Advice(
            f"Fit k so that beginnings of warm histories predict the rest: {law.k:.0f} ratings here. By variances it is "
            f"{found.value('k_by_variances'):.0f}, which takes the first ratings for a random sample: with {PREDICTED} of "
            f"them the fitted one is ahead by {ahead.value:+.4f} nats [{ahead.interval[0]:+.4f}, {ahead.interval[1]:+.4f}].",
            "measured",
        ),
        _limit(found),
        Advice(
            f"Alert on the share of requests that get a default: zeros cost {zero:.2f} nats each, so at {COLD_SHARE:.0%} cold "
            f"requests {average:.2f} on average, {average / found.value('warm_log_loss'):.0%} of the warm log-loss.",
            "arithmetic",
            "share times the cost measured without a history",
        ),
        Advice(
            f"Past {9 * law.k:.0f} ratings the default counts for under 10 % of the level: work on better defaults only if "
            "most users stay below that.",
            "arithmetic",
            "k/(n+k)",
        ),
    ]


def _limit(found: Findings) -> Advice:
    interval = found.treatment.metric("level_gain").interval
    assert interval is not None
    return Advice(
        f"Do not plan long histories by this law, and the table tells no error past the {PREDICTED} ratings of its check: what "
        f"an endless one would take off lies anywhere from {interval[0]:.2f} to {interval[1]:.2f} stars². Whole first halves "
        f"leave the level off by {_root(found.level(WARM)):.2f} stars, {PREDICTED} ratings by "
        f"{_root(found.level(PREDICTED)):.2f}.",
        "measured",
    )
