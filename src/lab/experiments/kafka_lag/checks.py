"""Pure checks of what a hold left behind; none of them talks to a broker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lab.evidence.statistics import Interval, bootstrap


@dataclass(frozen=True)
class Delivery:
    """How often each message of a hold arrived."""

    missing: int
    duplicated: int
    strangers: int

    @property
    def wrong(self) -> int:
        return self.missing + self.duplicated + self.strangers


def check_delivery(received: NDArray[np.int64], first: int, count: int) -> Delivery:
    """Every sequence number first..first+count-1 must be there once, and no other."""
    own = received[(received >= first) & (received < first + count)] - first
    times = np.bincount(own, minlength=count)
    return Delivery(int((times == 0).sum()), int((times > 1).sum()), len(received) - len(own))


def growth(moments_s: ArrayLike, lag: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least-squares slope of each partition's lag, messages/s. lag: (samples, partitions)."""
    moments = np.asarray(moments_s, dtype=float)
    if len(moments) < 3:
        return np.full(lag.shape[1], np.nan)
    centred = moments - moments.mean()
    return centred @ (lag - lag.mean(axis=0)) / (centred @ centred)


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


def check_little(moments_s: ArrayLike, lag: ArrayLike, sojourns_s: ArrayLike) -> Little:
    """Little's law over a window that begins and ends empty (Little 1961).

    moments_s, lag: sampled total lag in messages; sojourns_s: time in the system of every message that
    came in the window, from append to commit. The two come from different instruments.
    """
    moments, levels = np.asarray(moments_s, dtype=float), np.asarray(lag, dtype=float)
    sojourns = np.asarray(sojourns_s, dtype=float)
    span = float(moments[-1] - moments[0])
    expected = len(sojourns) / span * float(sojourns.mean())
    mean_lag = float(np.trapezoid(levels, moments)) / span
    low, high = bootstrap(levels.tolist(), np.mean)
    scale = mean_lag / float(levels.mean()) if levels.mean() else 1.0
    interval = (low * scale / expected, high * scale / expected)
    return Little(mean_lag, len(sojourns) / span, float(sojourns.mean()), mean_lag / expected, interval)
