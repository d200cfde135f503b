"""What changes with the size of the table: everything but the noise."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Metric, Model, Prediction, Result
from lab.experiments.private_aggregates.params import Params
from lab.experiments.private_aggregates.present.composition import added_up, affordable, crossing
from lab.experiments.private_aggregates.present.findings import TARGET, Findings, findings, percent

SMALL_RELEASE = 0.01  # epsilon of one of very many releases


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Error against the number of people, smallest group, and what many releases cost together."""
    found = findings(treatment, controls)
    people = found.value("people_in_subsample")
    return Model(
        statement=(
            "The noise does not know how large the table is: its mean is sensitivity over epsilon. What it "
            "drowns in grows with the people n, so the relative error falls as 1/n at the same promise to "
            "each. A group is a table of its own size. Losses of k releases add up; for a small δ they grow "
            "only with √k."
        ),
        formula=(
            r"\frac{E|\text{error}|}{\text{answer}} = \frac{\Delta}{\varepsilon\, q\, n},\qquad"
            r"\varepsilon_{\text{total}} = \min\left(k\varepsilon_0,\;"
            r"\tfrac{k\varepsilon_0^2}{2} + \varepsilon_0\sqrt{2k\ln(1/\delta)}\right)"
        ),
        constants=[
            Metric(
                "delta_sum", found.noise_constant, "visits", "Δ, mean absolute error of the sum times epsilon"
            ),
            Metric("q", found.visits_per_person, "visits/person", "q, clipped visits"),
            Metric("n", found.people, "people", "n"),
            Metric(
                "bias", 100 * found.bias, "%", "taken from the sum by clipping and row limit, at any size"
            ),
            Metric("group_noise", float(found.groups["mae"].mean()), "rows", "noise on each group's count"),
        ],
        check=Prediction(
            f"a random tenth of the people ({people:,.0f}; mean relative error of the sum)",
            100 * found.relative_mae(people, found.sum_epsilon),
            100 * found.value("relative_mae_subsample"),
            "%",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        advice=_advice(found),
    )


def _row(found: Findings, factor: int) -> dict[str, object]:
    people = found.people * factor
    rows = float(found.groups["rows"].sum()) * factor
    epsilon = found.epsilon_for_target(people)
    return {
        "factor": factor,
        "people": round(people),
        "mean relative noise of the sum": percent(found.relative_mae(people, found.sum_epsilon), 3),
        "taken by clipping and row limit": percent(found.bias, 2),
        f"whole budget for {percent(TARGET)} error of the sum": (
            f"{epsilon / found.sum_share:.2g}" if math.isfinite(epsilon) else "none is enough"
        ),
        f"smallest group with {percent(TARGET)} error": percent(min(1.0, found.smallest_group / rows), 2)
        + " of rows",
    }


def _advice(found: Findings) -> list[str]:
    params = found.params
    return [
        _enough_people(found),
        _clipping(found),
        f"A group needs {found.smallest_group:,.0f} rows for {percent(TARGET)} error at epsilon "
        f"{found.group_epsilon:g}, however large the table is. Merge smaller groups before publishing.",
        f"Limit rows per person to what the statistic needs: noise grows in step with it, and with the "
        f"{params.rows} rows of this run it is {params.rows} times that of one row.",
        _many_releases(params),
    ]


def _enough_people(found: Findings) -> str:
    if math.isinf(found.people_for_target):
        return (
            f"Clipping and the row limit take {percent(found.bias, 1)} of the sum: no size of the table and no "
            f"epsilon bring it within {percent(TARGET)}. Raise the bound or the limit."
        )
    ten = found.epsilon_for_target(10 * found.people) / found.sum_share
    return (
        f"Below {found.people_for_target:,.0f} people the sum misses {percent(TARGET)} at epsilon "
        f"{found.sum_epsilon:g}: publish fewer statistics or spend more. With ten times as many people as here a "
        f"whole budget of {ten:.2g} is enough."
    )


def _many_releases(params: Params) -> str:
    concentrated = affordable(params.epsilon, SMALL_RELEASE, params.delta)
    simple = int(params.epsilon / added_up(1, SMALL_RELEASE) + 1e-9)
    many = crossing(SMALL_RELEASE, params.delta)
    rule = f"From {many:,} releases of epsilon {SMALL_RELEASE:g} on, account with zero-concentrated DP and δ = {params.delta:g}"
    if concentrated <= simple:
        return f"{rule}; a budget of {params.epsilon:g} is used up by {simple:,}, so here adding up is the better account."
    return f"{rule}: a budget of {params.epsilon:g} then pays for {concentrated:,} of them; adding up, for {simple:,}."


def _clipping(found: Findings) -> str:
    bound = found.params.visits_bound
    if found.bias < 1e-6:
        return f"Nothing is clipped at {bound} visits: a lower bound would buy less noise for a small loss."
    return (
        f"From {found.people_where_clipping_dominates:,.0f} people on, clipping at {bound} visits and the row limit "
        f"({percent(found.bias, 2)} of the sum) cost more than noise does: raise the bound as the table "
        f"grows, and never read it off the data."
    )
