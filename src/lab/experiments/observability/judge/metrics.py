"""Metrics of a run."""

from __future__ import annotations

import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.observability.measure.seen import Seen
from lab.experiments.observability.workload.arms import BURN, PATIENT, STATIC

SHORT = {BURN: "burn_rate", STATIC: "static", PATIENT: "patient"}


def metrics(seen: Seen, made: dict[str, pd.DataFrame]) -> list[Metric]:
    """Of rules on generated days (simulated), of the live path (measured), of what Prometheus holds."""
    days = seen.days
    return [
        *(metric for row in made["arms"].to_dict("records") for metric in _arm(row)),
        *_live(made["live"]),
        Metric(
            "series_per_pipeline",
            float(seen.live.per_pipeline),
            "series",
            "that one pipeline has in Prometheus",
        ),
        Metric(
            "bytes_per_sample",
            days.bytes / days.samples,
            "B",
            f"on disk, of {days.samples:,} backfilled samples",
        ),
    ]


def _arm(row: dict) -> list[Metric]:
    name = SHORT[row["arm"]] + ("" if row["stream"] == "test" else "_rare")
    where = f"{row['arm']}, {row['anomalies']:.1f} anomalies per pipeline and week"
    told = (
        ("precision", row["precision"], "", "precision", "higher"),
        ("recall", row["recall"], "", "recall", "higher"),
        ("false", row["false"], "alerts", "false alerts per pipeline and week", "lower"),
        (
            "delay_min",
            row["delay_s"] / 60,
            "min",
            "median time from an anomaly's start to its alert",
            "lower",
        ),
    )
    return [
        Metric(
            f"{what}_{name}",
            value,
            unit,
            f"{text}, {where}",
            interval=(row[f"{what}_low"], row[f"{what}_high"]) if f"{what}_low" in row else None,
            method={"precision": "Wilson 95 %", "recall": "Wilson 95 %", "false": "Garwood 95 %"}.get(
                what, ""
            ),
            better=better,
            grade="simulated",
        )
        for what, value, unit, text, better in told
    ]


def _live(live: pd.DataFrame) -> list[Metric]:
    own = live[live["attended"]]
    told = {
        "alert_s": "from the fault to the alert at the receiver",
        "acknowledged_s": "from there to the start of the runbook's commands",
        "done_s": "from the fault to the end of the commands",
        "resolved_s": "from the fault to the resolved alert at the receiver",
    }
    return [
        Metric(
            f"mean_{column}",
            float(own[column].mean()),
            "s",
            f"{text}, mean of {len(own)}",
            raw=own[column].tolist(),
            better="lower",
        )
        for column, text in told.items()
    ]
