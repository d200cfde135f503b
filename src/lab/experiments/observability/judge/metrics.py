"""Metrics of a run."""

from __future__ import annotations

import pandas as pd

from lab.evidence.result import Metric
from lab.evidence.statistics import poisson_rate
from lab.experiments.observability.judge.tables import WEEK
from lab.experiments.observability.measure.seen import Days, Seen
from lab.experiments.observability.workload.arms import BURN, PATIENT, STATIC

SHORT = {BURN: "burn_rate", STATIC: "static", PATIENT: "patient"}


def metrics(seen: Seen, made: dict[str, pd.DataFrame]) -> list[Metric]:
    """Of rules on generated days (simulated), of the live path (measured), of what Prometheus holds."""
    days = seen.days
    return [
        *(metric for row in made["arms"].to_dict("records") for metric in _arm(row)),
        *false_alerts(days, made["arms"]),
        *delays(made["anomalies"]),
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
            f"on disk, of {days.samples:,} backfilled samples of integer counters",
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


def false_alerts(days: Days, arms: pd.DataFrame) -> list[Metric]:
    """Of both streams together: their blips are the same, and one stream alone may be a low or a high draw."""
    weeks = sum(stream.pipeline_days for stream in days.streams.values()) / WEEK
    return [
        Metric(
            f"false_{SHORT[str(arm)]}_both",
            count / weeks,
            "alerts",
            f"false alerts per pipeline and week, {arm}, both streams",
            interval=poisson_rate(count, weeks),
            method="Garwood 95 %",
            better="lower",
            grade="simulated",
        )
        for arm, own in arms.groupby("arm", sort=False)
        for count in [int(own["false_alerts"].sum())]
    ]


def delays(anomalies: pd.DataFrame) -> list[Metric]:
    """The law of the delay is for steady anomalies; a growing one begins far below its mean."""
    own = anomalies[anomalies["arm"] == BURN].dropna(subset="delay_s")
    return [
        Metric(
            f"delay_min_burn_rate_{shape}",
            float(own[own["shape"] == shape]["delay_s"].median()) / 60,
            "min",
            f"median time from an anomaly's start to its alert, {BURN}, {shape} ones",
            better="lower",
            grade="simulated",
        )
        for shape in ("steady", "growing")
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
