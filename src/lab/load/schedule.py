"""When each message is due, fixed before the first one is sent: the open loop.

Every function returns intended times as nanoseconds after the start: int64, ascending, one per message.
A schedule never looks at how the system answers; otherwise a slow system would be asked less and its
worst latencies would never be seen ("coordinated omission", Tene 2013).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Nanoseconds = NDArray[np.int64]

SECOND = 1_000_000_000


def constant(rate: float, seconds: float) -> Nanoseconds:
    """One message every 1/`rate` seconds."""
    return _nanoseconds(np.arange(_count(rate, seconds)) / rate)


def poisson(rate: float, seconds: float, seed: int) -> Nanoseconds:
    """Independent arrivals with mean `rate` per second; exactly rate x seconds of them.

    Given their number, the times of a Poisson process are uniform and independent, so the number can be
    fixed and only the times drawn.
    """
    times = np.random.default_rng(seed).uniform(0, seconds, _count(rate, seconds))
    return _nanoseconds(np.sort(times))


def burst(rate: float, seconds: float, size: int) -> Nanoseconds:
    """`size` messages at one instant, then silence, at `rate` per second on average."""
    if size < 1:
        raise ValueError(f"a burst has at least one message, not {size}")
    return _nanoseconds(np.arange(_count(rate, seconds)) // size * (size / rate))


def ramp(first_rate: float, last_rate: float, seconds: float) -> Nanoseconds:
    """A rate that grows (or falls) linearly from `first_rate` to `last_rate` per second."""
    count = _count((first_rate + last_rate) / 2, seconds)
    slope = (last_rate - first_rate) / seconds
    # Message i is due when the integral of the rate reaches i; this root stays exact for a slope of zero.
    index = np.arange(count)
    return _nanoseconds(2 * index / (first_rate + np.sqrt(first_rate**2 + 2 * slope * index)))


def _count(rate: float, seconds: float) -> int:
    if not (rate > 0 and seconds > 0):
        raise ValueError(f"a schedule needs a positive rate and duration, not {rate}/s for {seconds} s")
    return round(rate * seconds)


def _nanoseconds(seconds: NDArray[np.floating]) -> Nanoseconds:
    return np.round(seconds * SECOND).astype(np.int64)
