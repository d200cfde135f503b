"""Throughput, latency and lag of one measurement window."""

from __future__ import annotations

from typing import Any

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import ArrayLike, NDArray

from lab.evidence.fit import theil_sen
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
    return median_slopes(seen.moments_s[during], seen.lag[during])


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


def steady_rate(moments_ms: NDArray[np.int64], blocks: int = 100) -> float:
    """Events per second over the middle 90 % of `moments_ms`. NaN for fewer than 20 events.

    A window of two seconds is too short to count between its first and its last event: a hiccup of 20 ms at
    either end would pass for a wrong rate of 1 %. So it is the median slope of their count against time.
    """
    ordered = np.sort(moments_ms)
    edge = len(ordered) // 20
    if edge == 0:
        return float("nan")
    counts = np.unique(np.linspace(edge, len(ordered) - 1 - edge, blocks).astype(int))
    per_event_ms = median_slopes(counts, ordered[counts][:, np.newaxis])[0]
    return float(1e3 / per_event_ms) if per_event_ms else float("nan")


def median_slopes(x: ArrayLike, y: NDArray[Any]) -> NDArray[np.float64]:
    """Slope of each column of `y` against `x`, which a disturbance that passes hardly moves; NaN for fewer than 3 points."""
    if len(y) < 3:
        return np.full(y.shape[1], np.nan)
    return np.array([theil_sen(x, column).each for column in y.T])
