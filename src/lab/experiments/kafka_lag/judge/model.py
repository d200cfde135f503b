"""What placement and a worker's rate predict of backlog and catch-up, beside what came. Nothing is fitted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.experiments.kafka_lag.judge.window import lag_growth
from lab.experiments.kafka_lag.measure.seen import Seen
from lab.experiments.kafka_lag.mechanism import placement

CAUGHT_UP_S = 0.05  # our threshold: who is so late at most has caught up
# A partition that is offered less than this share of its worker's capacity has no excuse to fall behind (our threshold).
SPARE = 0.9
BEHIND = 0.1  # of the window
# Where a worker that is never idle spends another time than it is told, the machine is too busy to tell (our threshold).
UNEVEN = 0.03


def cost_s(item: Seen, partition: int, due_s: tuple[float, float] = (0, np.inf)) -> float:
    """What a partition's worker spent on a message, s; of those messages only that were due in `due_s`."""
    own, due = item.of(partition), item.of(partition)["due_ns"] / 1e9
    served = own["served_ns"][(due >= due_s[0]) & (due < due_s[1])]
    return float(served.mean()) / 1e9 if len(served) else float("nan")


def outage_table(outage: Seen) -> pd.DataFrame:
    """One row per partition: load, outage_s, catch_up_s and what T rho / (1 - rho) predicts of it.

    catch_up_s is NaN where the window was over before.
    """
    begin, end = _stopped(outage)
    rows = []
    for partition, arriving in enumerate(outage.window.arrivals().tolist()):
        load = arriving / outage.worker_rate
        rows.append(
            {
                "partition": partition,
                "load": load,
                "outage_s": end - begin,
                "catch_up_s": caught_up(outage, partition, end) - end,
                "predicted_s": (end - begin) * load / (1 - load) if load < 1 else float("inf"),
                # Of what had queued up: the message that was stopped half-way took as long as the outage.
                "uneven": abs(cost_s(outage, partition, (begin, end)) * outage.worker_rate - 1),
            }
        )
    return pd.DataFrame(rows)


def delay_table(outage: Seen, every: int = 25) -> pd.DataFrame:
    """Every 25th message of each partition: seconds at which it was finished, late_s after its intended time."""
    parts = []
    for partition in range(outage.partitions):
        own = outage.of(partition)[::every]
        finished = (own["finished_ns"] - outage.start_ns) / 1e9
        late = finished - own["due_ns"] / 1e9
        parts.append(pd.DataFrame({"partition": partition, "seconds": finished, "late_s": late}))
    return pd.concat(parts, ignore_index=True)


def caught_up(outage: Seen, partition: int, after_s: float) -> float:
    """When, s after the start and `after_s`, a message was first finished within `CAUGHT_UP_S` of its time; else NaN."""
    own = outage.of(partition)
    finished = (own["finished_ns"] - outage.start_ns) / 1e9
    late = finished - own["due_ns"] / 1e9
    found = finished[(finished > after_s) & (late <= CAUGHT_UP_S)]
    return float(found[0]) if len(found) else float("nan")


def _stopped(outage: Seen) -> tuple[float, float]:
    """When the group was stopped and let go again, s after the window's start."""
    assert outage.stopped_ns is not None
    begin, end = outage.stopped_ns
    return (begin - outage.start_ns) / 1e9, (end - outage.start_ns) / 1e9


def sweep_table(swept: Sequence[Seen]) -> pd.DataFrame:
    """One row per partition count and kind of keys: what the fullest partition gets, and how fast it falls behind."""
    return pd.DataFrame([_row(item) for item in swept])


def _latest_s(item: Seen) -> NDArray[np.float64]:
    """How far each partition was behind at worst in the second half, in seconds of its worker's time."""
    during = (item.moments_s >= item.seconds / 2) & (item.moments_s <= item.seconds)
    return item.lag[during].max(axis=0, initial=0) / item.worker_rate


def _row(item: Seen) -> dict[str, object]:
    """load: of the fullest partition's worker, by placement() of the window's own keys. predicted, growth: of its
    backlog over the second half, as a share of what its worker does in that time; behind: the same in messages/s."""
    topic, rate = item.window.load.topic, item.worker_rate
    placed = placement(item.window.key_counts, topic.partitions)
    loads = item.window.arrivals() / rate
    # By the median slope: what queued up in a hiccup, or before the first fetch, is gone by then or no longer grows.
    growth = np.maximum(lag_growth(item) / rate, 0)
    load = placed.share * item.window.rate / rate
    return {
        "keys": item.window.load.variant.name,
        "partitions": topic.partitions,
        "cost_ms": topic.service_ns / 1e6,
        "offered": item.window.rate,
        "worker_rate": rate,
        "mean_load": item.window.rate / rate / topic.partitions,
        "share": placed.share,
        "times_fair": placed.times_fair,
        "load": load,
        "predicted": max(0.0, load - 1),
        "growth": float(growth[placed.fullest]),
        "behind": float(growth[placed.fullest] * rate),
        "spent_ms": cost_s(item, placed.fullest) * 1e3,
        "uneven": abs(cost_s(item, placed.fullest) * rate - 1) if load > 1 else 0.0,
        "starved": int(((loads < SPARE) & (_latest_s(item) > BEHIND * item.seconds)).sum()),
    }
