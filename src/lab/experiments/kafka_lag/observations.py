"""From what was seen to observations and metrics: pure, so that it can be tested without a broker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric, Result
from lab.experiments.kafka_lag.checks import check_delivery
from lab.experiments.kafka_lag.criteria import GROWTH_LIMIT, LITTLE_LIMIT
from lab.experiments.kafka_lag.measure import Seen
from lab.experiments.kafka_lag.oracle import JavaProducer
from lab.experiments.kafka_lag.params import Params
from lab.experiments.kafka_lag.strategies import murmur2, partition_for
from lab.load.histogram import encode, histogram, milliseconds

# Utils.murmur2 of these keys, from Apache Kafka's own unit test (UtilsTest.testMurmur2).
VECTORS = {b"21": -973932308, b"foobar": -790332482, b"abc": 479470107}
# A partition that is offered less than this share of its worker's capacity has no excuse to fall behind.
SPARE = 0.9


@dataclass(frozen=True)
class Beside:
    """What Kafka's own tools said. own_lag, reported_lag: by partition, the group having stopped."""

    keys: list[bytes]
    client_partitions: list[int]
    own_lag: NDArray[np.int64]
    reported_lag: NDArray[np.int64]
    java: JavaProducer


def result(
    params: Params, seen: Sequence[Seen], beside: Beside | None, versions: Mapping[str, str]
) -> Result:
    """Everything that follows from the holds of one run."""
    observed = {
        "rate_reached": rate_reached(seen),
        "lag_bounded": lag_bounded(params, seen),
        "delivered_once": delivered_once(seen),
        "littles_law": littles_law(seen),
        "punctual": punctual(params, seen),
    }
    metrics = [metric for item in seen for metric in hold_metrics(item)]
    metrics += client_metrics(params, seen)
    if beside:
        observed |= oracles(params, seen, beside)
        metrics += java_metrics(beside.java)
    tables = {"holds": holds_table(seen), "lag": lag_table(seen)}
    return Result(params, observed, metrics, tables, versions)


def rate_reached(seen: Sequence[Seen]) -> Observation:
    shares = [item.achieved_rate / item.hold.rate for item in seen]
    worst = int(np.argmin(shares))
    hold = seen[worst].hold
    return Observation(float(shares[worst]), f"lowest: {hold.arm.name} at {hold.rate:,}/s")


def lag_bounded(params: Params, seen: Sequence[Seen]) -> Observation:
    """Worst growth; inconclusive if a partition with capacity to spare falls behind.

    Then the machine was too slow for the consumers, which says nothing about the strategy.
    """
    capacity = params.lane_share * params.rate
    worst, where, starved = -np.inf, "", ""
    for item in seen:
        arrivals, shares = item.hold.arrivals(params.partitions), item.growth_share
        for partition in np.flatnonzero(shares > GROWTH_LIMIT).tolist():
            if arrivals[partition] < SPARE * capacity:
                starved = f"; partition {partition} fell behind with capacity to spare"
        partition = int(np.nanargmax(shares)) if not np.isnan(shares).all() else 0
        if not shares[partition] <= worst:
            worst = float(shares[partition])
            others = float(np.max(np.delete(shares, partition)))
            where = (
                f"{item.hold.arm.name} at {item.hold.rate:,}/s, partition {partition}, which is offered "
                f"{arrivals[partition] / capacity:.0%} of what its worker can do; "
                f"largest growth in its other partitions {others:.1%}"
            )
    return Observation(worst, where + starved, conclusive=not starved and not np.isnan(worst))


def delivered_once(seen: Sequence[Seen]) -> Observation:
    found = [check_delivery(item.messages["sequence"], item.hold.first, item.hold.count) for item in seen]
    total = sum(item.hold.count for item in seen)
    refused = sum(item.refused for item in seen)
    wrong = sum(item.wrong for item in found) + refused
    return Observation(wrong, f"of {total:,} sent in {len(seen)} holds")


def littles_law(seen: Sequence[Seen]) -> Observation:
    found = [item.little for item in seen]
    worst = int(np.argmax([item.error for item in found]))
    hold, little = seen[worst].hold, found[worst]
    interval = sorted(abs(bound - 1) for bound in little.interval)
    spans_one = little.interval[0] <= 1 <= little.interval[1]
    detail = (
        f"{hold.arm.name} at {hold.rate:,}/s: L = {little.mean_lag:,.0f}, "
        f"λW = {little.arrival_rate * little.mean_sojourn_s:,.0f} messages"
    )
    return Observation(
        little.error,
        detail,
        (0.0 if spans_one else interval[0], interval[1]),
        all(item.conclusive(LITTLE_LIMIT) for item in found),
    )


def punctual(params: Params, seen: Sequence[Seen]) -> Observation:
    top = np.concatenate([item.lateness_ns for item in seen if item.hold.rate == params.rate])
    return Observation(float(np.percentile(top, 99)) / 1e6, "p99 of hand-over minus intended time")


def oracles(params: Params, seen: Sequence[Seen], beside: Beside) -> dict[str, Observation]:
    misplaced = sum(murmur2(key) != digest for key, digest in VECTORS.items())
    misplaced += sum(
        partition_for(key, params.partitions) != chosen
        for key, chosen in zip(beside.keys, beside.client_partitions, strict=True)
    )
    sent = np.bincount(beside.client_partitions, minlength=params.partitions)
    apart = max(np.abs(beside.own_lag - other).max() for other in (beside.reported_lag, sent))
    ours = np.mean([item.achieved_rate for item in seen if item.hold.rate == params.rate])
    return {
        "murmur2_agrees": Observation(
            int(misplaced), f"{len(VECTORS)} published vectors, {len(beside.keys):,} keys by librdkafka"
        ),
        "lag_agrees": Observation(int(apart), f"{int(sent.sum()):,} messages left unread on purpose"),
        "java_reaches_the_same": Observation(
            float(ours / beside.java.rate),
            f"ours {ours:,.0f}/s, ProducerPerformance {beside.java.rate:,.0f}/s",
        ),
    }


def hold_metrics(item: Seen) -> list[Metric]:
    """Lag, latency and throughput of one hold, named ARM@RATE.QUANTITY."""
    name, latency = f"{item.hold.arm.name}@{item.hold.rate}", item.latency
    figures = [
        ("throughput", item.achieved_rate, "messages/s", "higher"),
        ("lag_mean", item.mean_lag(), "messages", "lower"),
        ("latency_p50", milliseconds(latency, 50), "ms", "lower"),
        ("latency_p95", milliseconds(latency, 95), "ms", "lower"),
        ("latency_p99", milliseconds(latency, 99), "ms", "lower"),
        ("little_ratio", item.little.ratio, "", ""),
    ]
    made = [Metric(f"{name}.{what}", value, unit, better=better) for what, value, unit, better in figures]
    whole = Metric(
        f"{name}.latency", milliseconds(latency, 50), "ms", "whole distribution", histogram=encode(latency)
    )
    return [*made, whole]


def client_metrics(params: Params, seen: Sequence[Seen]) -> list[Metric]:
    """What a message costs the client and the wire, at the top rung."""
    top = [item for item in seen if item.hold.rate == params.rate]
    cpu = [item.consumer_cpu_s / item.hold.count * 1e6 for item in top]
    wire = [item.wire_bytes for item in top]
    lateness = histogram(np.concatenate([item.lateness_ns for item in top]))
    return [
        Metric("consumer_cpu", float(np.mean(cpu)), "µs/message", "consumer's CPU", cpu, better="lower"),
        Metric("wire_bytes", float(np.mean(wire)), "bytes/message", "on the wire", wire, better="lower"),
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
        latency = item.latency
        rows.append(
            {
                "strategy": item.hold.arm.name,
                "offered": item.hold.rate,
                "achieved": item.achieved_rate,
                "lag_mean": item.mean_lag(),
                "lag_max": int(item.lag.sum(axis=1).max()),
                "hot_share": float(item.hold.arrivals(item.partitions).max() / item.hold.rate),
                "growth": float(np.max(item.growth_share)),
                "growth_rate": float(np.max(item.growth_share * item.hold.arrivals(item.partitions))),
                "p50_ms": milliseconds(latency, 50),
                "p95_ms": milliseconds(latency, 95),
                "p99_ms": milliseconds(latency, 99),
                "sojourn_ms": item.little.mean_sojourn_s * 1e3,
                "little": item.little.ratio,
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
