"""Metrics of a run: false positive rates, detection latencies, losses."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.evidence.result import Metric
from lab.evidence.statistics import clopper_pearson
from lab.experiments.model_drift.judge.rates import clustered, formula, in_series
from lab.experiments.model_drift.judge.tables import RULES
from lab.experiments.model_drift.measure.seen import Quiet, Seen
from lab.experiments.model_drift.params import ALPHA, Params
from lab.experiments.model_drift.workload.arms import SLUGS, on_any
from lab.experiments.model_drift.workload.people import FEATURES
from lab.load.histogram import milliseconds


def metrics(params: Params, seen: Seen, made: dict[str, pd.DataFrame]) -> list[Metric]:
    """False positive rates, detection latencies, losses, what serving took."""
    return [
        *(_rate(seen.quiet, name) for name in ("ks", "chi2")),
        *_family(params, seen.quiet, made["alarms"]),
        *_latencies(made["live"]),
        *_by_size(made["detection"]),
        *_losses(made["performance"]),
        Metric(
            "request_p95_ms",
            milliseconds(seen.live.answers.latency(), 95),
            "ms",
            "a request of rows or labels, 95th percentile",
        ),
        Metric("requests", float(len(seen.live.answers.outcomes)), "requests", "sent to the served models"),
        Metric(
            "year_largest_v",
            float(seen.years["largest_v"].max()),
            "",
            "largest effect of a feature in a real year",
        ),
    ]


def _rate(quiet: Quiet, test: str) -> Metric:
    mean, interval = clustered((getattr(quiet, test) < ALPHA).mean(1))
    text = "false alarms of a feature and window at p < .01"
    return Metric(
        f"{test}_false_alarms",
        mean,
        "",
        f"{text}, {test}",
        interval=interval,
        method="99 %, clustered by window",
        better="lower",
    )


def _family(params: Params, quiet: Quiet, alarms: pd.DataFrame) -> list[Metric]:
    found = []
    for rule, name in zip(RULES, ("ks", "uncorrected", "corrected"), strict=True):
        single = on_any(rule.alarms(quiet.ks, quiet.chi2, params.looks))
        series = np.asarray(in_series(single, params.looks).any(1))
        for what, flags in (("look", single), ("series", series)):
            interval = clopper_pearson(int(flags.sum()), len(flags))
            text = f"false alarm on any feature in a {what}, {rule.name}"
            found.append(
                Metric(
                    f"{name}_any_{what}",
                    float(flags.mean()),
                    "",
                    text,
                    interval=interval,
                    method="Clopper-Pearson 95 %",
                    better="lower",
                )
            )
    return [
        *found,
        Metric(
            "formula_any_look",
            formula(len(FEATURES)),
            "",
            "the same if features were independent",
            grade="arithmetic",
        ),
    ]


def _latencies(live: pd.DataFrame) -> list[Metric]:
    due = live.dropna(subset=["alert_s"]).to_dict("records")
    return [
        Metric(
            f"alert_s_{row['model']}",
            row["alert_s"],
            "s",
            f"from {row['model']} drift to the webhook",
            better="lower",
        )
        for row in due
    ] + [
        Metric(
            f"replaced_s_{row['model']}",
            row["replaced_s"],
            "s",
            f"from {row['model']} drift to a new model's answer",
            better="lower",
        )
        for row in due
        if not np.isnan(row["replaced_s"])
    ]


def _by_size(detection: pd.DataFrame) -> list[Metric]:
    return [
        Metric(
            f"detected_{row['kind']}_{row['dose']:g}_{SLUGS[row['rule']]}",
            row["detected"],
            "",
            f"of series with {row['kind']} drift of {row['dose']:g} are detected, {row['rule']}",
            interval=(row["low"], row["high"]),
            method="Clopper-Pearson 95 %",
            better="higher",
        )
        for row in detection.to_dict("records")
    ]


def _losses(performance: pd.DataFrame) -> list[Metric]:
    return [
        Metric(
            f"loss_{phase}_{row['model']}",
            row[phase],
            "nats",
            f"log-loss {phase}, {row['model']} drift",
            better="lower",
        )
        for row in performance.to_dict("records")
        for phase in ("before", "during", "after", "best")
        if not np.isnan(row[phase])
    ]
