"""Throughput, latency and lag of one measurement window."""

from __future__ import annotations

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import ArrayLike, NDArray

from lab.experiments.kafka_lag.judge.checks import Occupancy, overtaken
from lab.experiments.kafka_lag.measure.seen import Seen
from lab.load.histogram import histogram


def achieved_rate(seen: Seen) -> float:
    """Messages/s that the broker appended, by its own clock, without the window's edges."""
    return steady_rate(seen.messages["append_ms"])


def latency(seen: Seen) -> HdrHistogram:
    """From the intended send to the end of processing."""
    return histogram(seen.messages["finished_ns"] - seen.start_ns - seen.messages["due_ns"])


def lag_growth(seen: Seen) -> NDArray[np.float64]:
    """Growth of each partition's lag over the window's second half, messages/s."""
    during = (seen.moments_s >= seen.seconds / 2) & (seen.moments_s <= seen.seconds)
    return growth(seen.moments_s[during], seen.lag[during])


def mean_lag(seen: Seen) -> float:
    """Mean total lag while messages were being sent."""
    during = (seen.moments_s >= 0) & (seen.moments_s <= seen.seconds)
    return float(seen.lag[during].sum(axis=1).mean())


def out_of_order(seen: Seen, parts: int) -> int:
    """Messages that were finished after a later one of their key and generator (of which there are `parts`)."""
    ranks = seen.window.key_ranks[seen.messages["sequence"] - seen.window.first]
    return int(overtaken(seen.messages["sequence"], seen.messages["finished_ns"], ranks, parts).sum())


def occupancy(seen: Seen) -> Occupancy:
    """For Little's law: from append (middle of the broker's millisecond) to commit."""
    sojourns = seen.messages["committed_ns"] / 1e9 - (seen.messages["append_ms"] + 0.5) / 1e3
    return Occupancy(seen.moments_s, seen.lag.sum(axis=1), sojourns)


def steady_rate(moments_ms: NDArray[np.int64]) -> float:
    """Events per second over the middle 90 % of `moments_ms`: the slope of their count against time.

    A window of two seconds is too short to count between its first and its last event: a hiccup of 20 ms at
    either end would pass for a wrong rate of 1 %. NaN for fewer than 20 events.
    """
    ordered = np.sort(moments_ms)
    edge = len(ordered) // 20
    if edge == 0:
        return float("nan")
    middle = (ordered[edge:-edge] - ordered[0]) / 1e3
    centred = middle - middle.mean()
    spread = float(centred @ centred)
    return float(centred @ np.arange(len(middle))) / spread if spread else float("nan")


def growth(moments_s: ArrayLike, lag: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least-squares slope of each partition's lag, messages/s. lag: (samples, partitions)."""
    moments = np.asarray(moments_s, dtype=float)
    if len(moments) < 3:
        return np.full(lag.shape[1], np.nan)
    centred = moments - moments.mean()
    return centred @ (lag - lag.mean(axis=0)) / (centred @ centred)
