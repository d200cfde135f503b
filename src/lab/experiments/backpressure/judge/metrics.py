"""Metrics of a run: error, rejection and recovery, the exercise's own, and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.backpressure.judge import windows
from lab.experiments.backpressure.judge.observations import capacity
from lab.experiments.backpressure.measure.seen import Burst, Seen
from lab.experiments.backpressure.params import Params
from lab.experiments.backpressure.workload import BOTH


def slug(arm: str) -> str:
    return arm.replace(" ", "_")


def metrics(params: Params, seen: Seen, made: dict[str, pd.DataFrame]) -> list[Metric]:
    own = seen.bursts[BOTH.name]
    return [
        Metric("capacity", capacity(params, seen), "events/s", "μ, capacity of the saturated sink"),
        _rejection_rate(params, own),
        _rejection_p99(own),
        *(metric for row in made["arms"].to_dict("records") for metric in _of_arm(row)),
        *(
            Metric(
                f"lost_from_{row['kept']}",
                float(row["lost"]),
                "events",
                f"promised and lost, of {row['promised']}",
            )
            for row in made["kills"].to_dict("records")
        ),
    ]


def _rejection_rate(params: Params, own: Burst) -> Metric:
    """Of the attempts that reached the server in the burst."""
    tried = own.attempts[windows.in_burst(params, own.attempts["began"] - own.start)]
    refused, count = int((tried["status"] == 429).sum()), max(1, len(tried))
    return Metric(
        "rejection_rate",
        refused / count,
        "",
        "of the attempts at the server in the burst, treatment",
    )


def _rejection_p99(own: Burst) -> Metric:
    took = windows.rejections(own)["took_s"] * 1e3
    value = float(np.quantile(took, 0.99)) if len(took) else float("nan")
    return Metric("rejection_p99_ms", value, "ms", "to a 429, 99th percentile, treatment", better="lower")


def _of_arm(row: Mapping[Any, Any]) -> list[Metric]:
    name, arm = slug(str(row["arm"])), row["arm"]
    told = (
        ("goodput", "events/s", "good answers in the burst", "higher"),
        ("refused", "", "share of the burst that is not served", ""),
        ("sink_errors", "", "share of the sink's work for the burst that came too late", "lower"),
        ("p99_ms", "ms", "from acceptance to done, 99th percentile", "lower"),
        ("attempts", "", "attempts at the server per event of the burst", "lower"),
        ("after", "", "answered in time once all should have settled", "higher"),
        ("recover_s", "s", "at most, from the burst's end until 90 % are answered again", "lower"),
        ("growth", "events/s", "of the queue once all should have settled after the burst", "lower"),
        ("cpu_ms", "ms", "processor time of ingestion per attempt", "lower"),
    )
    return [
        Metric(f"{key}_{name}", float(row[key]), unit, f"{text}, {arm}", better=better)
        for key, unit, text, better in told
        if np.isfinite(float(row[key]))
    ]
