"""What many tables make of a gate's false alarms."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Model, Prediction, Result
from lab.experiments.data_quality.judge.rates import ONE, SHUFFLED, TWO
from lab.experiments.data_quality.present.calculator import calculator
from lab.experiments.data_quality.present.findings import ALL, Findings, findings, percent


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """False alarms in proportion to tables, checked on tables that were not fitted to."""
    found = findings(treatment, controls)
    half = treatment.tables["halves"].iloc[0]
    extremes, chosen = found.alarm(SHUFFLED, margin=0.0), found.alarm(SHUFFLED)
    return Model(
        statement=(
            "Where nothing drifts each table's gate rejects a good batch with the same small chance, so false alarms grow with "
            "the tables; shuffles of one table stand in for many."
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
        projection=pd.DataFrame([_row(extremes.value, factor, found) for factor in FACTORS]),
        advice=_advice(found),
        grades={
            "tables": "arithmetic",
            "false alarms a day, bounds at the extremes": "simulated",
            f"false alarms a day, margin {found.params.margin:g}": "simulated",
            "chance of one or more": "simulated",
        },
        checked_to=float(half["tables"]),
        changes_at=_changes_at(chosen.value),
        calculator=calculator(found),
    )


def _row(extremes: float, factor: int, found: Findings) -> dict[str, object]:
    own = calculator(found)
    seen, narrow = own.answers(tables=factor), own.answers(tables=factor, share=100 * extremes)
    return {
        "factor": factor,
        "tables": factor,
        "false alarms a day, bounds at the extremes": f"{narrow['alarms']:,.3g}",
        f"false alarms a day, margin {found.params.margin:g}": f"{seen['alarms']:,.3g}",
        "chance of one or more": percent(seen["any"] / 100),
    }


def _changes_at(share: float) -> str:
    """Tables with a batch a day among which one is wrongly rejected each week on average."""
    return (
        f"{1 / (7 * share):,.0f} tables: a false alarm every week"
        if share
        else "not seen: no good batch was rejected"
    )


def _independent(found: Findings) -> float:
    """P(>= 2) at the run's margin if expectations were violated independently."""
    table = found.treatment.tables["family"]
    own = table[(table["margin"] == found.params.margin) & (table["rule"] == TWO)]
    return float(own["independent"].iloc[0])


def _advice(found: Findings) -> list[Advice]:
    wide = found.params.margins[-1]
    one, two = found.alarm(SHUFFLED, ONE), found.alarm(SHUFFLED)
    return [
        Advice(
            f"Widen bounds before there are more tables: margin {wide:g} rejects "
            f"{percent(found.alarm(SHUFFLED, margin=wide).value)} of good "
            f"batches where {found.params.margin:g} rejects {percent(two.value)}, and accepts "
            f"{percent(found.missed_at(SHUFFLED, wide, found.middle))} "
            f"of the faulty ones in place of {percent(found.missed(SHUFFLED, ALL, found.middle).value)}.",
            "measured",
        ),
        Advice(
            "Decide by the price of both errors: rejecting at the first violation takes false alarms from "
            f"{percent(two.value)} to "
            f"{percent(one.value)} of good batches, and misses from "
            f"{percent(found.missed(SHUFFLED, ALL, found.middle).value)} to "
            f"{percent(found.missed(SHUFFLED, ALL, found.middle, ONE).value)} of faulty ones.",
            "measured",
        ),
        Advice(
            f"Don't reckon with independent expectations: they would make {percent(_independent(found))} of good "
            "batches violate two or "
            f"more, {percent(two.value)} do; expectations on one column fail together.",
            "measured",
        ),
    ]
