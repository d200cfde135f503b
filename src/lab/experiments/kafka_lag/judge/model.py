"""What placement and one worker's rate predict of backlog and catch-up, beside what came.

The one constant, what a worker really spends on a message, is measured in the same window on all partitions but the
one that is predicted: what is predicted lies at another load than what it rests on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lab.experiments.kafka_lag.measure.seen import Seen
from lab.experiments.kafka_lag.mechanism import placement

CAUGHT_UP_S = 0.05  # our threshold: who is so late at most has caught up
# A partition that is offered less than this share of its worker's capacity has no excuse to fall behind.
SPARE = 0.9
BEHIND = 0.1  # of its worker's time
# Where workers spend more different times than this, the machine was too busy to tell (our threshold).
UNEVEN = 0.03


def worker_rate(item: Seen, but: int) -> float:
    """Messages/s that a worker does, by what it spent on each message in all partitions `but` one."""
    others = item.messages["served_ns"][item.messages["partition"] != but]
    return 1e9 / float(others.mean()) if len(others) else float("nan")


def unevenness(item: Seen, partition: int) -> float:
    """By how much more or less one partition's worker spent on a message than the others', as a share of theirs."""
    own = item.messages["served_ns"][item.messages["partition"] == partition]
    return abs(float(own.mean()) / 1e9 * worker_rate(item, partition) - 1) if len(own) else float("nan")


def outage_table(outage: Seen) -> pd.DataFrame:
    """One row per partition: load, outage_s, catch_up_s and what T rho / (1 - rho) predicts of it.

    catch_up_s is NaN where the window was over before.
    """
    begin, end = _stopped(outage)
    rows = []
    for partition, arriving in enumerate(outage.window.arrivals().tolist()):
        load = arriving / worker_rate(outage, partition)
        rows.append(
            {
                "partition": partition,
                "load": load,
                "outage_s": end - begin,
                "catch_up_s": caught_up(outage, partition, end) - end,
                "predicted_s": (end - begin) * load / (1 - load) if load < 1 else float("inf"),
                "uneven": unevenness(outage, partition),
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
    """One row per partition count and kind of keys: what the fullest partition gets, and its backlog at the end."""
    return pd.DataFrame([_row(item) for item in swept])


def _row(item: Seen) -> dict[str, object]:
    """load: of the fullest partition's worker, by placement() of the window's own keys. predicted, backlog: at the end
    of sending, as a share of what its worker does in that time. behind: messages/s by which it grew."""
    topic = item.window.load.topic
    placed = placement(item.window.key_counts, topic.partitions)
    rate = worker_rate(item, placed.fullest)
    loads = item.window.arrivals() / rate
    lag = np.array([np.interp(item.seconds, item.moments_s, own) for own in item.lag.T])
    backlogs = lag / item.seconds / rate
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
        "backlog": float(backlogs[placed.fullest]),
        "behind": float(backlogs[placed.fullest] * rate),
        "uneven": unevenness(item, placed.fullest),
        "starved": int(((loads < SPARE) & (backlogs > BEHIND)).sum()),
    }
