"""What changes with the size of the table: everything but the noise. And what many releases cost together."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Metric, Model, Prediction, Result
from lab.experiments.private_aggregates.measure.advice import COPIES, SPLIT
from lab.experiments.private_aggregates.present.calculator import calculator
from lab.experiments.private_aggregates.present.findings import Findings, findings, percent

SMALL_RELEASE = 0.01  # epsilon of one of very many releases
_COPIED = f"{COPIES} times the people are copies of this table's"


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Error of the sum against the number of people, checked on ten times as many."""
    found = findings(treatment, controls)
    people, target = COPIES * found.people, percent(found.params.target)
    known = found.params.visits_bound
    measured = dict(
        zip(
            found.tried("bound on visits", COPIES).values,
            found.tried("bound on visits", COPIES).errors,
            strict=True,
        )
    )
    return Model(
        statement=(
            "The noise has a mean absolute value of sensitivity over the sum's share of ε however large the table is, so "
            "the relative noise of a sum falls as 1/n and its clipping bias stays."
        ),
        formula=(
            r"t_{95} = s\left(\ln 20 + \ln\mathrm{cosh}\frac{b}{s}\right),\qquad "
            r"s = \frac{\Delta}{\varphi\,\varepsilon\, q\, n}"
        ),
        constants=[
            *map(treatment.metric, ("noise_of_sum", "visits_per_person", "clipping_bias", "people")),
            Metric(
                "share", found.sum_share, "", "φ, the sum's share of the whole budget ε", grade="arithmetic"
            ),
        ],
        check=Prediction(
            f"{COPIES} copies of everybody ({people:,.0f} people), 95th percentile of the sum's relative error",
            100 * found.model.p95(people, found.sum_epsilon),
            100 * measured[known],
            "%",
            "model_predicts",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        advice=_advice(found),
        grades={
            "people": "arithmetic",
            "error of the sum, 95 % of releases": "measured",
            "clipping bias in it": "measured",
            f"whole budget for {target} error": "measured",
            # What was measured, over rows: a count's noise does not know the size of the table.
            f"smallest group with {target} error": "arithmetic",
        },
        checked_to=COPIES,
        changes_at=_changes_at(found),
        calculator=calculator(found),
    )


def _row(found: Findings, factor: int) -> dict[str, object]:
    people, target = found.people * factor, found.params.target
    rows = float(found.treatment.tables["groups"]["rows"].sum()) * factor
    seen = calculator(found).answers(people=people)
    return {
        "factor": factor,
        "people": round(people),
        "error of the sum, 95 % of releases": percent(seen["error"] / 100, 2),
        "clipping bias in it": percent(seen["bias"] / 100, 2),
        f"whole budget for {percent(target)} error": (
            f"{seen['needed']:.2g}" if math.isfinite(seen["needed"]) else "none is enough"
        ),
        f"smallest group with {percent(target)} error": percent(min(1.0, found.smallest_group / rows), 2)
        + " of rows",
    }


def _changes_at(found: Findings) -> str:
    if math.isinf(found.people_where_clipping_dominates):
        return "at no size: nothing is clipped"
    return f"{found.people_where_clipping_dominates:,.0f} people: clipping outweighs noise"


def _advice(found: Findings) -> list[Advice]:
    few, here, many = (found.tried("bound on visits", factor).best for factor in (1 / SPLIT, 1, COPIES))
    return [
        Advice(
            f"Choose the bound on visits anew as the table grows: {few} errs least of those tried with "
            f"{found.people / SPLIT:,.0f} people, {here} with {found.people:,.0f}, {many} with {found.people * COPIES:,.0f}.",
            "measured",
            _COPIED,
        ),
        _budget(found),
        Advice(
            f"Merge groups below {found.smallest_group:,.0f} rows before publishing: what a count needs for "
            f"{percent(found.params.target)} error does not depend on the size of the table.",
            "measured",
        ),
        _many_releases(found),
    ]


def _budget(found: Findings) -> Advice:
    larger = found.tried("epsilon of the sum", COPIES)
    if not larger.values:
        return Advice(
            f"Raise the bounds first: clipping and contribution bound take {percent(found.model.bias, 1)} of the sum, "
            f"and no epsilon brings it within {percent(found.params.target)}.",
            "measured",
        )
    return Advice(
        f"Ask for less epsilon as the table grows: with {COPIES} times the people {larger.values[1]:.2g} keeps the sum "
        f"within {percent(larger.errors[1], 1)}, and half of it within {percent(larger.errors[0], 1)}.",
        "measured",
        _COPIED,
    )


def _many_releases(found: Findings) -> Advice:
    params = found.params
    simple = int(params.epsilon / SMALL_RELEASE + 1e-9)
    composed = affordable(params.epsilon, SMALL_RELEASE, params.delta)
    better = "zero-concentrated DP" if composed > simple else "basic composition"
    return Advice(
        f"Account for many releases of ε {SMALL_RELEASE:g} with {better}: a budget of {params.epsilon:g} pays for {composed:,} "
        f"by zero-concentrated DP with δ = {params.delta:g}, for {simple:,} by basic composition; numerical accounting by "
        "privacy loss distributions (PLD) admits more still.",
        "arithmetic",
        "Bun and Steinke, TCC 2016; PLD: Koskela et al., AISTATS 2020",
    )


def concentrated(releases: float, each: float, delta: float) -> float:
    """Epsilon of `releases` of `each` by zero-concentrated DP: rho + 2 sqrt(rho ln(1/delta)), rho = k each^2 / 2."""
    rho = releases * each**2 / 2
    return rho + 2 * math.sqrt(rho * math.log(1 / delta))


def affordable(budget: float, each: float, delta: float) -> int:
    """Releases of `each` that this account admits within (budget, delta)."""
    log = math.log(1 / delta)
    rho = (math.sqrt(log + budget) - math.sqrt(log)) ** 2
    return math.floor(2 * rho / each**2 * (1 + 1e-12))
