"""The observation behind each criterion: pure, so that it can be tested without a broker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.experiments.kafka_lag.criteria import GROWTH_LIMIT, LITTLE_LIMIT
from lab.experiments.kafka_lag.judge.checks import check_delivery, check_little, check_placement
from lab.experiments.kafka_lag.judge.metrics import of_kind
from lab.experiments.kafka_lag.judge.model import SPARE, UNEVEN
from lab.experiments.kafka_lag.judge.window import achieved_rate, lag_growth, occupancy, out_of_order
from lab.experiments.kafka_lag.measure.seen import Beside, Seen, Wire
from lab.experiments.kafka_lag.mechanism import keyed, murmur2, partition_for
from lab.experiments.kafka_lag.oracle import VECTORS
from lab.experiments.kafka_lag.params import Params


def observe(
    params: Params, seen: Sequence[Seen], wire: Wire, tables: Mapping[str, pd.DataFrame]
) -> dict[str, Observation]:
    """Every criterion's observation, but those against Kafka's own tools (see `oracles`)."""
    levels = of_kind(seen, "level")
    observed = {
        "rate_reached": rate_reached(seen),
        "group_stable": Observation(wire.rebalances, "times that the partitions were shared out anew"),
        "lag_bounded": lag_bounded(levels),
        "delivered_once": delivered_once(seen, wire),
        "placed_as_told": placed_as_told(seen),
        "littles_law": littles_law(levels),
        "punctual": punctual(params, levels),
    }
    if any(item.window.load.variant.strategy is keyed for item in seen):
        observed["order_kept"] = order_kept(params, seen)
    return observed | (predicted(params, tables) if "outage" in tables else {})


def rate_reached(seen: Sequence[Seen]) -> Observation:
    """Largest deviation of the appended from the offered rate."""
    off = [abs(achieved_rate(item) / item.window.rate - 1) for item in seen]
    worst = int(np.argmax(off))
    window = seen[worst].window
    return Observation(
        float(off[worst]),
        f"{window.load.variant.name}: {achieved_rate(seen[worst]):,.0f} of {window.rate:,}/s",
    )


def lag_bounded(levels: Sequence[Seen]) -> Observation:
    """How fast the worst partition falls behind; inconclusive if one with capacity to spare does.

    Then the machine was too slow for the consumers, which says nothing about the strategy.
    """
    behind = [lag_growth(item) / item.worker_rate for item in levels]  # by partition
    load = [item.window.arrivals() / item.worker_rate for item in levels]
    starved = sum(
        int(((grown > GROWTH_LIMIT) & (own < SPARE)).sum()) for grown, own in zip(behind, load, strict=True)
    )
    place = int(np.argmax([np.max(grown) for grown in behind]))
    partition = int(np.argmax(behind[place]))
    others = np.delete(behind[place], partition)
    window = levels[place].window
    detail = (
        f"{window.load.variant.name} at {window.rate:,}/s, partition {partition}, offered {load[place][partition]:.0%} "
        f"of what its worker can do; the worst of its other partitions: {others.max():.1%}"
    )
    if starved:
        detail += f"; {starved} partition(s) fell behind with capacity to spare"
    conclusive = not starved and not any(np.isnan(grown).any() for grown in behind)
    return Observation(float(behind[place][partition]), detail, conclusive=conclusive)


def predicted(params: Params, tables: Mapping[str, pd.DataFrame]) -> dict[str, Observation]:
    """The model against the sweep, with fast and with slow workers, and against the outage."""
    sweep, outage = tables["sweep"], tables["outage"]
    same = sweep["cost_ms"] == params.wait_ms
    off = (outage["catch_up_s"] / outage["predicted_s"] - 1).abs()
    worst = outage.loc[off.fillna(np.inf).idxmax()]
    return {
        "backlog_predicted": _difference(sweep[same]),
        "larger_predicted": _difference(sweep[~same]),
        "catch_up_predicted": Observation(
            float(off.max(skipna=False)),
            f"at load {worst.load:.0%}: predicted {worst.predicted_s:.2f} s, took {worst.catch_up_s:.2f} s",
            # A machine that is too busy makes a wait longer: the load rises, and the window is over too soon.
            conclusive=bool(off.notna().all() and (outage["uneven"] <= UNEVEN).all()),
        ),
    }


def _difference(rows: pd.DataFrame) -> Observation:
    off = (rows["growth"] - rows["predicted"]).abs()
    worst = rows.loc[off.fillna(np.inf).idxmax()]
    return Observation(
        float(off.max(skipna=False)),
        f"{worst['keys']}, {worst.partitions} partitions: predicted {worst.predicted:.1%}, seen {worst.growth:.1%}",
        # Partitions with capacity to spare fell behind too: the machine was too slow for the consumers.
        # A window in which so little arrived that no growth can be told says nothing.
        conclusive=bool(off.notna().all() and not rows["starved"].any() and (rows["uneven"] <= UNEVEN).all()),
    )


def order_kept(params: Params, seen: Sequence[Seen]) -> Observation:
    """Messages overtaken in all windows of the keyed strategy."""
    own = [item for item in seen if item.window.load.variant.strategy is keyed]
    late = sum(out_of_order(item, params.producers) for item in own)
    return Observation(late, f"of {sum(item.window.count for item in own):,} in {len(own)} windows")


def delivered_once(seen: Sequence[Seen], wire: Wire) -> Observation:
    found = [check_delivery(item.messages["sequence"], item.window.first, item.window.count) for item in seen]
    total = sum(item.window.count for item in seen)
    wrong = sum(item.wrong for item in found) + wire.refused
    return Observation(wrong, f"of {total:,} sent in {len(seen)} windows")


def placed_as_told(seen: Sequence[Seen]) -> Observation:
    """Messages that came out of another partition than they were meant for."""
    elsewhere = sum(
        check_placement(
            item.messages["sequence"],
            item.messages["partition"],
            item.window.first,
            item.window.partitions,
        )
        for item in seen
    )
    return Observation(elsewhere, f"of {sum(len(item.messages) for item in seen):,} read")


def littles_law(seen: Sequence[Seen]) -> Observation:
    """Worst level's deviation; each level's windows taken together."""
    found = {rate: check_little([occupancy(item) for item in own]) for rate, own in by_rate(seen).items()}
    rate = max(found, key=lambda key: found[key].error)
    little = found[rate]
    bounds = sorted(abs(bound - 1) for bound in little.interval)
    holds_one = little.interval[0] <= 1 <= little.interval[1]
    return Observation(
        little.error,
        f"at {rate:,}/s: L = {little.mean_lag:,.1f}, "
        f"λW = {little.arrival_rate * little.mean_sojourn_s:,.1f} messages",
        (0.0 if holds_one else bounds[0], bounds[1]),
        all(item.conclusive(LITTLE_LIMIT) for item in found.values()),
    )


def by_rate(seen: Sequence[Seen]) -> dict[int, list[Seen]]:
    """Windows by offered rate."""
    rates = dict.fromkeys(item.window.rate for item in seen)
    return {rate: [item for item in seen if item.window.rate == rate] for rate in rates}


def punctual(params: Params, seen: Sequence[Seen]) -> Observation:
    top = np.concatenate([item.lateness_ns for item in seen if item.window.rate == params.rate])
    return Observation(float(np.percentile(top, 99)) / 1e6, "p99 of hand-over minus intended time")


def oracles(params: Params, seen: Sequence[Seen], beside: Beside) -> dict[str, Observation]:
    """Those against Kafka's own tools."""
    sent = sum(
        np.bincount(chosen, minlength=params.partitions)
        for chosen in (beside.java, beside.murmur2, beside.default)
    )
    apart = max(float(np.abs(beside.own_lag - other).max()) for other in (beside.reported_lag, sent))
    top = [item for item in of_kind(seen, "level") if item.window.rate == params.rate]
    ours, theirs = np.mean([achieved_rate(item) for item in top]), beside.performance.rate
    return {
        "murmur2_agrees": same_partition(params, beside.keys, beside.java, beside.murmur2),
        "lag_agrees": Observation(int(apart), f"{int(np.sum(sent)):,} messages left unread on purpose"),
        "java_reaches_the_same": Observation(
            float(ours / theirs), f"ours {ours:,.0f}/s, ProducerPerformance {theirs:,.0f}/s"
        ),
    }


def same_partition(
    params: Params, keys: Sequence[bytes], java: Sequence[int], client: Sequence[int]
) -> Observation:
    """Published hashes that we miss, and keys that we, Java and the C client do not all put in one partition."""
    missed = sum(murmur2(key) != digest for key, digest in VECTORS.items())
    ours = [partition_for(key, params.partitions) for key in keys]
    apart = sum(len({*places}) > 1 for places in zip(ours, java, client, strict=True))
    return Observation(
        missed + apart, f"{len(VECTORS)} published hashes, {len(keys):,} keys by three producers"
    )
