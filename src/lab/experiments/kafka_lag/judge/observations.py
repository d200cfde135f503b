"""The observation behind each criterion: pure, so that it can be tested without a broker."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lab.evidence.criteria import Observation
from lab.experiments.kafka_lag.criteria import GROWTH_LIMIT, LITTLE_LIMIT
from lab.experiments.kafka_lag.judge.checks import check_delivery, check_little, check_placement
from lab.experiments.kafka_lag.judge.hold import achieved_rate, lag_growth, window
from lab.experiments.kafka_lag.measure.seen import Beside, Seen, Wire
from lab.experiments.kafka_lag.mechanism import murmur2, partition_for
from lab.experiments.kafka_lag.oracle import VECTORS
from lab.experiments.kafka_lag.params import Params

# A partition that is offered less than this share of its worker's capacity has no excuse to fall behind.
SPARE = 0.9


def observe(
    params: Params, seen: Sequence[Seen], wire: Wire, beside: Beside | None
) -> dict[str, Observation]:
    """Every criterion's observation; those against Kafka's own tools only where they were asked."""
    observed = {
        "rate_reached": rate_reached(seen),
        "group_stable": Observation(wire.rebalances, "times that the partitions were shared out anew"),
        "lag_bounded": lag_bounded(params, seen),
        "delivered_once": delivered_once(seen, wire),
        "placed_as_told": placed_as_told(seen),
        "littles_law": littles_law(seen),
        "punctual": punctual(params, seen),
    }
    return observed | (oracles(params, seen, beside) if beside else {})


def rate_reached(seen: Sequence[Seen]) -> Observation:
    """Largest deviation of the appended from the offered rate."""
    off = [abs(achieved_rate(item) / item.hold.rate - 1) for item in seen]
    worst = int(np.argmax(off))
    hold = seen[worst].hold
    return Observation(
        float(off[worst]), f"{hold.arm.name}: {achieved_rate(seen[worst]):,.0f} of {hold.rate:,}/s"
    )


def lag_bounded(params: Params, seen: Sequence[Seen]) -> Observation:
    """How fast the worst partition falls behind; inconclusive if one with capacity to spare does.

    Then the machine was too slow for the consumers, which says nothing about the strategy.
    """
    capacity = params.lane_share * params.rate
    behind = np.array([lag_growth(item) for item in seen]) / capacity  # (holds, partitions)
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
    found = {rung: check_little([window(item) for item in holds]) for rung, holds in by_rung(seen).items()}
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
    ours = np.mean([achieved_rate(item) for item in seen if item.hold.rate == params.rate])
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
