"""Metrics and tables of a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.kafka_lag.judge.checks import check_little
from lab.experiments.kafka_lag.judge.model import delay_table, outage_table, sweep_table
from lab.experiments.kafka_lag.judge.window import (
    achieved_rate,
    lag_growth,
    latency,
    mean_lag,
    occupancy,
    out_of_order,
)
from lab.experiments.kafka_lag.measure.seen import Beside, Seen
from lab.experiments.kafka_lag.params import Params
from lab.load.histogram import encode, histogram, milliseconds


def metrics(params: Params, seen: Sequence[Seen]) -> list[Metric]:
    """Those of each window at a load level, and how late the generators were at the highest."""
    levels = of_kind(seen, "level")
    late = histogram(np.concatenate([item.lateness_ns for item in levels if item.window.rate == params.rate]))
    lateness = Metric("lateness_p99", milliseconds(late, 99), "ms", "generator's lateness", better="lower")
    return [*(metric for item in levels for metric in level_metrics(item)), lateness]


def tables(params: Params, seen: Sequence[Seen]) -> dict[str, pd.DataFrame]:
    """By name: levels, lag; where they were measured also sweep, outage, delay."""
    levels, outages = of_kind(seen, "level"), of_kind(seen, "outage")
    made = {"levels": levels_table(params, levels), "lag": lag_table(levels)}
    for outage in outages:
        made["sweep"] = sweep_table(of_kind(seen, "sweep"))
        made |= {"outage": outage_table(outage), "delay": delay_table(outage)}
    return made


def of_kind(seen: Sequence[Seen], kind: str) -> list[Seen]:
    """kind: level, sweep or outage."""
    return [item for item in seen if item.window.load.kind == kind]


def level_metrics(item: Seen) -> list[Metric]:
    """Lag, latency and throughput of one window, named VARIANT@RATE.QUANTITY."""
    name, delay = f"{item.window.load.variant.name}@{item.window.rate}", latency(item)
    figures = [
        ("throughput", achieved_rate(item), "messages/s", "higher"),
        ("lag_mean", mean_lag(item), "messages", "lower"),
        ("latency_p50", milliseconds(delay, 50), "ms", "lower"),
        ("latency_p95", milliseconds(delay, 95), "ms", "lower"),
        ("latency_p99", milliseconds(delay, 99), "ms", "lower"),
    ]
    made = [Metric(f"{name}.{what}", value, unit, better=better) for what, value, unit, better in figures]
    whole = Metric(
        f"{name}.latency", milliseconds(delay, 50), "ms", "whole distribution", histogram=encode(delay)
    )
    return [*made, whole]


def model_metrics(made: dict[str, pd.DataFrame]) -> list[Metric]:
    """The sweep's fullest partitions, and catch-up times."""
    found = []
    for row in made["sweep"].to_dict("records"):
        name = f"{row['keys']}@{row['partitions']}"
        found += [
            Metric(f"{name}.growth", row["growth"], "of the worker's time", better="lower"),
            Metric(f"{name}.fullest", row["times_fair"], "times its fair share"),
        ]
    for row in made["outage"].to_dict("records"):
        took = row["catch_up_s"] / row["outage_s"]
        found.append(
            Metric(f"catch_up.{row['partition']}", took, "times the outage", f"{row['load']:.0%} load")
        )
    return found


def beside_metrics(beside: Beside) -> list[Metric]:
    """Kafka's own producer, and the keys that the C client's default puts elsewhere than Java."""
    java = beside.performance
    elsewhere = np.mean(np.array(beside.default) != np.array(beside.java))
    return [
        Metric("java.throughput", java.rate, "messages/s", "ProducerPerformance, same throttle"),
        Metric("java.ack_p99", java.p99_ms, "ms"),
        Metric("default_elsewhere", float(elsewhere), "of the keys", "librdkafka's default against Java's"),
    ]


def levels_table(params: Params, levels: Sequence[Seen]) -> pd.DataFrame:
    """One row per window: strategy, offered and achieved rate, lag, percentiles of latency, Little's law."""
    rows = []
    for item in levels:
        delay, window = latency(item), item.window
        rows.append(
            {
                "strategy": window.load.variant.name,
                "partitions": item.partitions,
                "offered": window.rate,
                "achieved": achieved_rate(item),
                "lag_mean": mean_lag(item),
                "lag_max": int(item.lag.sum(axis=1).max()),
                "hot_share": float(window.arrivals().max() / window.rate),
                "hot_key_share": max(window.key_counts.values()) / window.count,
                "out_of_order": out_of_order(item, params.producers) / window.count,
                "growth": float(np.max(lag_growth(item))),
                "p50_ms": milliseconds(delay, 50),
                "p95_ms": milliseconds(delay, 95),
                "p99_ms": milliseconds(delay, 99),
                "sojourn_ms": float(occupancy(item).sojourns_s.mean()) * 1e3,
                "little": check_little([occupancy(item)]).ratio,
            }
        )
    return pd.DataFrame(rows)


def lag_table(levels: Sequence[Seen]) -> pd.DataFrame:
    """One row per sample and partition: strategy, offered, seconds, partition, lag."""
    parts = []
    for item in levels:
        wide = pd.DataFrame(item.lag, index=pd.Index(item.moments_s, name="seconds"))
        long = wide.melt(ignore_index=False, var_name="partition", value_name="lag").reset_index()
        parts.append(long.assign(strategy=item.window.load.variant.name, offered=item.window.rate))
    return pd.concat(parts, ignore_index=True)
