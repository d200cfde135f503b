"""From what was seen to observations and metrics: pure, so that it can be tested without a broker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric, Result
from lab.experiments.kafka_lag.checks import check_delivery, check_little, check_placement
from lab.experiments.kafka_lag.criteria import GROWTH_LIMIT, LITTLE_LIMIT
from lab.experiments.kafka_lag.measure import Seen, Wire
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
    own_lag: NDArray[np.float64]
    reported_lag: NDArray[np.int64]
    java: JavaProducer


def result(
    params: Params, seen: Sequence[Seen], wire: Wire, beside: Beside | None, versions: Mapping[str, str]
) -> Result:
    """Everything that follows from the holds of one run."""
    observed = {
        "rate_reached": rate_reached(seen),
        "lag_bounded": lag_bounded(params, seen),
        "delivered_once": delivered_once(seen, wire),
        "placed_as_told": placed_as_told(seen),
        "littles_law": littles_law(seen),
        "punctual": punctual(params, seen),
    }
    metrics = [metric for item in seen for metric in hold_metrics(item)]
    metrics += client_metrics(params, seen, wire)
    if beside:
        observed |= oracles(params, seen, beside)
        metrics += java_metrics(beside.java)
    tables = {"holds": holds_table(seen), "lag": lag_table(seen)}
    return Result(params, observed, metrics, tables, versions)


def rate_reached(seen: Sequence[Seen]) -> Observation:
    """Largest deviation of the appended from the offered rate."""
    off = [abs(item.achieved_rate / item.hold.rate - 1) for item in seen]
    worst = int(np.argmax(off))
    hold = seen[worst].hold
    return Observation(
        float(off[worst]), f"{hold.arm.name}: {seen[worst].achieved_rate:,.0f} of {hold.rate:,}/s"
    )


def lag_bounded(params: Params, seen: Sequence[Seen]) -> Observation:
    """How fast the worst partition falls behind; inconclusive if one with capacity to spare does.

    Then the machine was too slow for the consumers, which says nothing about the strategy.
    """
    capacity = params.lane_share * params.rate
    behind = np.array([item.growth for item in seen]) / capacity  # (holds, partitions)
    load = np.array([item.hold.arrivals(params.partitions) for item in seen]) / capacity
    starved = np.argwhere((behind > GROWTH_LIMIT) & (load < SPARE))
    place, partition = np.unravel_index(int(np.nanargmax(behind)), behind.shape)
    others = np.delete(behind[place], partition)
    hold = seen[int(place)].hold
    detail = (
        f"{hold.arm.name} at {hold.rate:,}/s, partition {partition}, offered {load[place, partition]:.0%} of "
        f"what its worker can do; the worst of its other partitions: {others.max():.1%}"
    )
    if len(starved):
        detail += f"; {len(starved)} partition(s) fell behind with capacity to spare"
    conclusive = not len(starved) and not np.isnan(behind).any()
    return Observation(float(behind[place, partition]), detail, conclusive=conclusive)


def delivered_once(seen: Sequence[Seen], wire: Wire) -> Observation:
    found = [check_delivery(item.messages["sequence"], item.hold.first, item.hold.count) for item in seen]
    total = sum(item.hold.count for item in seen)
    wrong = sum(item.wrong for item in found) + wire.refused
    return Observation(wrong, f"of {total:,} sent in {len(seen)} holds")


def placed_as_told(seen: Sequence[Seen]) -> Observation:
    """Messages that came out of another partition than they were meant for."""
    elsewhere = sum(
        check_placement(
            item.messages["sequence"], item.messages["partition"], item.hold.first, item.hold.partitions
        )
        for item in seen
    )
    return Observation(elsewhere, f"of {sum(len(item.messages) for item in seen):,} read")


def littles_law(seen: Sequence[Seen]) -> Observation:
    """Worst rung's deviation; each rung's holds taken together."""
    found = {rung: check_little([item.window for item in holds]) for rung, holds in by_rung(seen).items()}
    rung = max(found, key=lambda key: found[key].error)
    little = found[rung]
    bounds = sorted(abs(bound - 1) for bound in little.interval)
    holds_one = little.interval[0] <= 1 <= little.interval[1]
    return Observation(
        little.error,
        f"at {rung:,}/s: L = {little.mean_lag:,.1f}, "
        f"λW = {little.arrival_rate * little.mean_sojourn_s:,.1f} messages",
        (0.0 if holds_one else bounds[0], bounds[1]),
        all(item.conclusive(LITTLE_LIMIT) for item in found.values()),
    )


def by_rung(seen: Sequence[Seen]) -> dict[int, list[Seen]]:
    """Holds by offered rate."""
    rungs = dict.fromkeys(item.hold.rate for item in seen)
    return {rung: [item for item in seen if item.hold.rate == rung] for rung in rungs}


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
    apart = max(float(np.abs(beside.own_lag - other).max()) for other in (beside.reported_lag, sent))
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
    ]
    made = [Metric(f"{name}.{what}", value, unit, better=better) for what, value, unit, better in figures]
    whole = Metric(
        f"{name}.latency", milliseconds(latency, 50), "ms", "whole distribution", histogram=encode(latency)
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
        latency = item.latency
        rows.append(
            {
                "strategy": item.hold.arm.name,
                "offered": item.hold.rate,
                "achieved": item.achieved_rate,
                "lag_mean": item.mean_lag(),
                "lag_max": int(item.lag.sum(axis=1).max()),
                "hot_share": float(item.hold.arrivals(item.partitions).max() / item.hold.rate),
                "hot_key_share": float(np.bincount(item.hold.key_ranks).max() / item.hold.count),
                "growth": float(np.max(item.growth)),
                "p50_ms": milliseconds(latency, 50),
                "p95_ms": milliseconds(latency, 95),
                "p99_ms": milliseconds(latency, 99),
                "sojourn_ms": float(item.window.sojourns_s.mean()) * 1e3,
                "little": check_little([item.window]).ratio,
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
