"""Pure checks of what a measurement window left behind; none of them talks to a broker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.evidence.statistics import Interval, bootstrap


@dataclass(frozen=True)
class Delivery:
    """How often each message of a window arrived."""

    missing: int
    duplicated: int

    @property
    def wrong(self) -> int:
        return self.missing + self.duplicated


def check_delivery(received: NDArray[np.int64], first: int, count: int) -> Delivery:
    """Every sequence number first..first+count-1 must be in `received` once; others are not looked at.

    A number that was corrupted on the way is missing in its own window.
    """
    own = received[(received >= first) & (received < first + count)] - first
    times = np.bincount(own, minlength=count)
    return Delivery(int((times == 0).sum()), int((times > 1).sum()))


def check_placement(
    sequences: NDArray[np.int64], partitions: NDArray[np.int64], first: int, named: NDArray[np.int64]
) -> int:
    """How many messages were read from another partition than `named` for their sequence number."""
    return int((named[sequences - first] != partitions).sum())


def overtaken(
    sequences: NDArray[np.int64], finished_ns: NDArray[np.int64], keys: NDArray[np.int64], parts: int
) -> NDArray[np.bool_]:
    """Which messages were finished after a later one of their own key, in order of key.

    parts: generators, that send every parts-th message each; there is no order between two of them to keep.
    """
    groups = keys * parts + sequences % parts
    order = np.lexsort((sequences, finished_ns, groups))
    _, groups = np.unique(groups[order], return_inverse=True)
    ranked = sequences[order] - sequences.min() + groups * (np.ptp(sequences) + 1)
    return np.asarray(ranked < np.maximum.accumulate(ranked))


@dataclass(frozen=True)
class Little:
    """L = lambda W held against measurements: `ratio` is L / (lambda W), one if the law holds."""

    mean_lag: float
    arrival_rate: float
    mean_sojourn_s: float
    ratio: float
    interval: Interval

    @property
    def error(self) -> float:
        return abs(self.ratio - 1)

    def conclusive(self, limit: float) -> bool:
        """False if the law could hold within `limit` and the samples are too few to tell."""
        return self.error <= limit or self.interval[0] > 1 + limit or self.interval[1] < 1 - limit


@dataclass(frozen=True)
class Occupancy:
    """A stretch of time that begins and ends with an empty system.

    moments_s, lag: sampled total lag in messages; sojourns_s: time from append to commit of every message
    that came in it. The two come from different instruments.
    """

    moments_s: NDArray[np.float64]
    lag: NDArray[np.float64]
    sojourns_s: NDArray[np.float64]

    @property
    def span_s(self) -> float:
        return float(self.moments_s[-1] - self.moments_s[0])

    @property
    def held(self) -> float:
        """The lag's integral over time, message-seconds."""
        return float(np.trapezoid(self.lag, self.moments_s))


def check_little(stretches: Sequence[Occupancy]) -> Little:
    """Little's law over all `stretches` together (Little 1961); the interval is a bootstrap of the samples."""
    span = sum(item.span_s for item in stretches)
    held = sum(item.held for item in stretches)
    sojourns = np.concatenate([item.sojourns_s for item in stretches])
    expected = float(sojourns.sum())
    levels = np.concatenate([item.lag for item in stretches])
    low, high = bootstrap(levels.tolist(), np.mean)
    spread = held / expected / float(levels.mean()) if levels.any() else 0.0
    return Little(
        held / span,
        len(sojourns) / span,
        float(sojourns.mean()),
        held / expected,
        (low * spread, high * spread),
    )
