"""How soon a burn-rate alert comes, and how many are false, for a reader's own pipelines and errors."""

from __future__ import annotations

import math

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.experiments.observability.judge.laws import (
    PAIRS,
    SAMPLED_S,
    delay_s,
    gigabytes_a_month,
    precision_at,
)
from lab.experiments.observability.judge.tables import burning
from lab.experiments.observability.present.findings import Findings
from lab.experiments.observability.workload.arms import BURN
from lab.experiments.observability.workload.streams import BACKGROUND

_FALSE = f"false alerts a week, {BURN}"


def compute(inputs: Inputs, constants: Constants) -> Answers:
    """min to an alert (infinite: none comes), false alerts a week, % precision (infinite: no alert at all), series, GB."""
    each, series = constants["false_alerts"], inputs["pipelines"] * constants["series"]
    precision = precision_at(inputs["anomalies"], constants["found"], each)
    return {
        "detection": delay_s(inputs["burn"], inputs["background"]) / 60,
        "false_alerts": inputs["pipelines"] * each,
        "precision": math.inf if math.isnan(precision) else 100 * precision,
        "series": series,
        "stored": gigabytes_a_month(series, constants["bytes_each"]),
    }


def calculator(found: Findings) -> Calculator:
    """Of the burn-rate rules."""
    arms, alerted = found.table("arms"), burning({"anomalies": found.table("anomalies")})[0]
    steady = alerted["burn"]
    busy, rare = (arms[(arms["arm"] == BURN) & (arms["stream"] == name)].iloc[0] for name in ("test", "rare"))
    come, burned = (
        (float(rare["anomalies"]), float(busy["anomalies"])),
        (float(steady.min()), float(steady.max())),
    )
    pipelines, own = float(found.params.pipelines), float(steady.median())
    counts, soon = ("pipelines",), ("burn", "background")
    return Calculator(
        [
            Input("pipelines", "Pipelines", "", pipelines, 1, 1e6, (pipelines, pipelines), whole=True),
            Input("burn", "Bad rows in a steady anomaly", "times the budget", own, 0.1, 1_000, burned),
            Input("background", "Bad rows at all times", "times the budget", BACKGROUND, 0, 100, (BACKGROUND, BACKGROUND)),
            Input("anomalies", "Anomalies", "a pipeline and week", come[1], 0, 100, come),
        ],
        [
            Output("detection", "Alert on a steady anomaly after", "min", "simulated", "", soon, "no alert: too little"),
            Output("false_alerts", "False alerts", "a week", "simulated", _FALSE, counts),
            Output("precision", "Alerts that are right", "%", "simulated", rests_on=("anomalies",), otherwise="no alert"),
            Output("series", "Series", "", "arithmetic", "series", counts),
            Output("stored", "On disk", "GB a month", "extrapolated", "GB a month", counts),
        ],
        {
            "windows": [window for window, _ in PAIRS],
            "limits": [limit for _, limit in PAIRS],
            "sampled": SAMPLED_S,
            "found": float(busy["found"]),
            "false_alerts": found.false(BURN),
            "series": found.value("series_per_pipeline"),
            "bytes_each": found.value("bytes_per_sample"),
        },
        compute,
        script_beside(__file__),
    )  # fmt: skip
