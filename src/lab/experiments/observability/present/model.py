"""What changes with the number of pipelines: false alerts, series, bytes; and what a base rate makes of precision."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Metric, Model, Prediction, Result
from lab.experiments.observability.judge.laws import SAMPLED_S, SHIFT_PAGES
from lab.experiments.observability.judge.observations import foretold
from lab.experiments.observability.present.calculator import calculator
from lab.experiments.observability.present.findings import Findings, findings
from lab.experiments.observability.workload.arms import BURN, PATIENT, STATIC

ARMS = (BURN, STATIC, PATIENT)


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    found = findings(treatment, controls)
    predicted, there = foretold(found.table("arms"))
    return Model(
        statement=(
            "False alerts F and series grow with the pipelines N; precision falls where anomalies, i a week, become rarer; a "
            "steady anomaly of b times the budget is alerted on after T; in the formulas R is the share of all anomalies alerted "
            "on, small ones too, f are false alerts per pipeline and week (in the check the first stream's), g is the "
            "background's burn rate."
        ),
        formula=r"\pi(i) = \frac{iR}{iR+f},\qquad F(N) = N f,\qquad T(b) = \frac{W\,(B-g)}{b} + m",
        constants=[
            *map(
                found.treatment.metric,
                ("false_burn_rate_both", "false_static_both", "series_per_pipeline", "bytes_per_sample"),
            ),
            Metric("budget", 14.4, "", "B, in the window W of an hour (6 in six hours)", grade="arithmetic"),
            Metric(
                "sampled",
                SAMPLED_S,
                "s",
                "m, to the next sample and its evaluation, half a minute each at one a minute",
                grade="arithmetic",
            ),
        ],
        check=Prediction(
            f"precision of the static threshold at {there['anomalies']:.1f} anomalies per pipeline and week",
            predicted,
            float(there["precision"]),
            "",
            "precision_predicted",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        advice=_advice(found),
        grades={
            "pipelines": "arithmetic",
            **{name: "simulated" for arm in ARMS for name in _columns(arm)},
            "series": "arithmetic",
            "GB a month": "extrapolated",  # B a sample are those of counters alone
        },
        checked_to=1,
        changes_at=f"{enough(found.false(STATIC))} pipelines: false static alerts fill the shifts",
        calculator=calculator(found),
    )


def enough(each: float) -> str:
    """Pipelines whose false alerts, so many per pipeline and week, alone are two in each shift."""
    return f"{math.ceil(SHIFT_PAGES / each):,}" if each else "∞"


def _columns(arm: str) -> tuple[str, str]:
    return f"false alerts a week, {arm}", f"{arm}, at most"


def _row(found: Findings, factor: int) -> dict[str, object]:
    pipelines = found.params.pipelines * factor
    seen = calculator(found).answers(pipelines=pipelines)
    return {
        "factor": factor,
        "pipelines": pipelines,
        **{
            name: round(pipelines * each, 1)
            for arm in ARMS
            for name, each in zip(
                _columns(arm), (found.false(arm), found.false_interval(arm)[1]), strict=True
            )
        },
        "series": round(seen["series"]),
        "GB a month": round(seen["stored"], 2),
    }


def _advice(found: Findings) -> list[Advice]:
    low, high = found.false_interval(BURN)
    return [
        Advice(
            f"Past {enough(found.false(BURN))} pipelines ({enough(high)} to {enough(low)} by the rate's interval) group "
            "alerts by what they share (source, sink, release): from there on burn rates too bring two false alerts in each "
            "shift of twelve hours.",
            "extrapolated",
            f"rates of false alerts are those of both streams of generated days, {found.params.pipelines} pipelines each",
        ),
        Advice(
            f"Keep labels to the pipeline: each has {found.value('series_per_pipeline'):.0f} series here, recorded shares among "
            "them, and a label with a hundred values makes up to a hundred times as many.",
            "arithmetic",
            "series are the product of their labels' values",
        ),
    ]
