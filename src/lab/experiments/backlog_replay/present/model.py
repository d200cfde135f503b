"""How long a catch-up takes: the model and its check inside the run."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from lab.evidence.calculator import Answers
from lab.evidence.result import FACTORS, Advice, Metric, Model, Prediction, Result
from lab.experiments.backlog_replay.present.calculator import calculator
from lab.experiments.backlog_replay.present.findings import FREE, Findings, findings


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Backlog over the room that the safe capacity leaves beside the live traffic."""
    found = findings(treatment, controls)
    fixed = found.of("fixed")
    return Model(
        statement=(
            "A backlog of B rows drains when the integral of the replay's rate reaches B: at a constant share ρ of the safe "
            "capacity C beside live traffic of λ in B/(ρC − λ), to which a ramp over T from a fifth of that rate adds 0.4 T."
        ),
        formula=r"T_{\text{drain}} = \frac{B}{\rho\,C - \lambda} \;\left(+\; 0.4\,T_{\text{ramp}}\right)",
        constants=[
            Metric("C", found.safe, "rows/s", "C, safe capacity of this sink"),
            Metric(
                "rho",
                found.params.target,
                "",
                "ρ, share of it that is aimed at (`target`): ours",
                grade="arithmetic",
            ),
            Metric("lambda", float(found.params.live_rate), "rows/s", "λ, live traffic", grade="arithmetic"),
        ],
        check=Prediction(
            f"{found.params.backlog:,} rows at a fixed rate, from a capacity measured before (the criterion counts the worst of "
            f"{len(found.off)} policies, {found.off.idxmax()})",
            float(fixed.predicted_s),
            float(fixed.drain_s),
            "s",
            "drain_predicted",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        grades=dict.fromkeys(
            (
                "rows",
                "drain, min",
                "drain at twice the capacity, min",
                "drain at twice the live traffic, min",
            ),
            "arithmetic",
        ),
        checked_to=1,
        changes_at=f"live traffic of {found.params.target * found.safe:,.0f} rows/s: nothing left for the backlog",
        advice=_advice(found),
        calculator=calculator(found),
    )


def _row(found: Findings, factor: int) -> dict[str, object]:
    own, rows = calculator(found), found.params.backlog * factor
    return {
        "factor": factor,
        "rows": rows,
        "drain, min": _minutes(own.answers(backlog=rows)),
        "drain at twice the capacity, min": _minutes(own.answers(backlog=rows, capacity=2 * found.safe)),
        "drain at twice the live traffic, min": _minutes(
            own.answers(backlog=rows, live=2 * found.params.live_rate)
        ),
    }


def _minutes(answers: Answers) -> str:
    drain = answers["drain"]
    return f"{float(f'{drain:.3g}'):,g}" if math.isfinite(drain) else "never"


def _advice(found: Findings) -> list[Advice]:
    room = found.params.target * found.safe - found.params.live_rate
    return [
        Advice(
            f"Measure the safe capacity by the live traffic's latency, not by what the sink takes at most: of the loads tried "
            f"{found.edge}.",
            "measured",
        ),
        Advice(
            f"With {room:,.0f} rows/s of room an outage of one hour of live traffic is made up in "
            f"{60 * found.params.live_rate / room:,.0f} min. If that is too long, give the sink more, or load in bulk into a "
            f"table beside and merge: a ramp only divides what is there.",
            "arithmetic",
            "B = λ x 1 h, over the room of this run",
        ),
        Advice(
            f"{FREE.capitalize()} is {found.of('fixed').drain_s / found.of(FREE).drain_s:.1f} times as fast as the fixed rate. "
            "It is right for a sink that nobody else uses.",
            "measured",
        ),
    ]
