"""Metrics and tables of a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.kafka_lag.judge.checks import check_little
from lab.experiments.kafka_lag.judge.hold import achieved_rate, lag_growth, latency, mean_lag, window
from lab.experiments.kafka_lag.measure.seen import Beside, Seen, Wire
from lab.experiments.kafka_lag.oracle import JavaProducer
from lab.experiments.kafka_lag.params import Params
from lab.load.histogram import encode, histogram, milliseconds


def metrics(params: Params, seen: Sequence[Seen], wire: Wire, beside: Beside | None) -> list[Metric]:
    """Every hold's, the clients', and what Kafka's own producer reached where it was asked."""
    found = [metric for item in seen for metric in hold_metrics(item)]
    found += client_metrics(params, seen, wire)
    return found + (java_metrics(beside.java) if beside else [])


def tables(seen: Sequence[Seen]) -> dict[str, pd.DataFrame]:
    """By name: holds, lag."""
    return {"holds": holds_table(seen), "lag": lag_table(seen)}


def hold_metrics(item: Seen) -> list[Metric]:
    """Lag, latency and throughput of one hold, named ARM@RATE.QUANTITY."""
    name, delay = f"{item.hold.arm.name}@{item.hold.rate}", latency(item)
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


def client_metrics(params: Params, seen: Sequence[Seen], wire: Wire) -> list[Metric]:
    """What a message costs the client and the wire, at the top rung."""
    top = [item for item in seen if item.hold.rate == params.rate]
    cpu = [item.consumer_cpu_s / item.hold.count * 1e6 for item in top]
    size = wire.bytes_per_message
    lateness = histogram(np.concatenate([item.lateness_ns for item in top]))
    return [
        Metric("consumer_cpu", float(np.mean(cpu)), "µs/message", "consumer's CPU", cpu, better="lower"),
        Metric("wire_bytes", float(np.mean(size)), "bytes/message", "on the wire", size, better="lower"),
        Metric("lateness_p99", milliseconds(lateness, 99), "ms", "generator's lateness", better="lower"),
    ]


def java_metrics(java: JavaProducer) -> list[Metric]:
    return [
        Metric("java.throughput", java.rate, "messages/s", "ProducerPerformance, same throttle"),
        Metric("java.ack_p50", java.p50_ms, "ms"),
        Metric("java.ack_p95", java.p95_ms, "ms"),
        Metric("java.ack_p99", java.p99_ms, "ms"),
    ]


def holds_table(seen: Sequence[Seen]) -> pd.DataFrame:
    """One row per hold: strategy, offered and achieved rate, lag, percentiles of latency, Little's law."""
    rows = []
    for item in seen:
        delay = latency(item)
        rows.append(
            {
                "strategy": item.hold.arm.name,
                "offered": item.hold.rate,
                "achieved": achieved_rate(item),
                "lag_mean": mean_lag(item),
                "lag_max": int(item.lag.sum(axis=1).max()),
                "hot_share": float(item.hold.arrivals(item.partitions).max() / item.hold.rate),
                "hot_key_share": float(np.bincount(item.hold.key_ranks).max() / item.hold.count),
                "growth": float(np.max(lag_growth(item))),
                "p50_ms": milliseconds(delay, 50),
                "p95_ms": milliseconds(delay, 95),
                "p99_ms": milliseconds(delay, 99),
                "sojourn_ms": float(window(item).sojourns_s.mean()) * 1e3,
                "little": check_little([window(item)]).ratio,
            }
        )
    return pd.DataFrame(rows)


def lag_table(seen: Sequence[Seen]) -> pd.DataFrame:
    """One row per sample and partition: strategy, offered, seconds, partition, lag."""
    parts = []
    for item in seen:
        wide = pd.DataFrame(item.lag, index=pd.Index(item.moments_s, name="seconds"))
        long = wide.melt(ignore_index=False, var_name="partition", value_name="lag").reset_index()
        parts.append(long.assign(strategy=item.hold.arm.name, offered=item.hold.rate))
    return pd.concat(parts, ignore_index=True)
