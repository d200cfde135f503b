"""What many tables make of a gate's false alarms."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Model, Prediction, Result
from lab.experiments.data_quality.judge.rates import ONE, SHUFFLED
from lab.experiments.data_quality.present.findings import Findings, findings, percent


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """False alarms in proportion to tables, checked on tables that were not fitted to."""
    found = findings(treatment, controls)
    half = treatment.tables["halves"].iloc[0]
    extremes, chosen = found.alarm(SHUFFLED, margin=0.0), found.alarm(SHUFFLED)
    return Model(
        statement=(
            "Each table's gate rejects a good batch with the same small chance, so false alarms grow with the tables, and "
            "some table is wrongly rejected nearly every day long before faults are frequent."
        ),
        formula=r"A(T) = p\,T,\qquad P(A \ge 1) = 1 - (1 - p)^T",
        constants=[chosen, extremes, treatment.metric("violated_share"), treatment.metric("expectations")],
        check=Prediction(
            f"{half['tables']:.0f} tables whose suites were not fitted to, bounds at the extremes: good batches rejected",
            float(half["predicted"]),
            float(half["seen"]),
            "batches",
            "model_predicts",
        ),
        projection=pd.DataFrame([_row(extremes.value, chosen.value, factor, found) for factor in FACTORS]),
        advice=_advice(found),
        grades={
            "tables": "arithmetic",
            "false alarms a day, bounds at the extremes": "measured",
            f"false alarms a day, margin {found.params.margin:g}": "measured",
            "chance of one or more": "measured",
        },
        checked_to=float(half["tables"]),
        changes_at=f"{_tables_a_week(chosen.value):,.0f} tables: a false alarm every week",
    )


def _row(extremes: float, chosen: float, factor: int, found: Findings) -> dict[str, object]:
    return {
        "factor": factor,
        "tables": factor,
        "false alarms a day, bounds at the extremes": f"{extremes * factor:,.3g}",
        f"false alarms a day, margin {found.params.margin:g}": f"{chosen * factor:,.3g}",
        "chance of one or more": percent(1 - (1 - chosen) ** factor),
    }


def _tables_a_week(share: float) -> float:
    """Tables with a batch a day among which one is wrongly rejected each week on average."""
    return 1 / (7 * share) if share else float("inf")


def _advice(found: Findings) -> list[Advice]:
    wide = found.params.margins[-1]
    one, two = found.alarm(SHUFFLED, ONE), found.alarm(SHUFFLED)
    return [
        Advice(
            f"Widen bounds before there are more tables: margin {wide:g} rejects "
            f"{percent(found.alarm(SHUFFLED, margin=wide).value)} of good "
            f"batches where {found.params.margin:g} rejects {percent(two.value)}, and accepts "
            f"{percent(found.missed_at(SHUFFLED, wide, found.middle))} "
            f"of the faulty ones in place of {percent(found.missed(SHUFFLED, 'all', found.middle).value)}.",
            "measured",
        ),
        Advice(
            "Reject from the second violation on and warn at the first: rejecting at the first takes false "
            f"alarms from {percent(two.value)} to "
            f"{percent(one.value)} of good batches.",
            "measured",
        ),
        Advice(
            f"Don't count on 1-(1-a)^m: with a = {found.value('violated_share'):.2g} and m = "
            f"{found.value('expectations'):.0f} it gives the "
            "chance of one violation, and says nothing of two, which depends on how the expectations hang together.",
            "arithmetic",
            "binomial distribution with this run's mean rate; the figure shows what was seen",
        ),
    ]
