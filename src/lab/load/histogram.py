"""Latency histograms: HdrHistogram with three significant digits from 1 microsecond to 1 hour.

Histograms of several processes merge without loss, which percentiles do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

_HIGHEST_US = 3_600_000_000
_DIGITS = 3


def histogram(latencies_ns: NDArray[np.int64] | Sequence[int] = ()) -> HdrHistogram:
    """A histogram in microseconds of latencies given in nanoseconds; below 1 µs counts as 1 µs."""
    made = HdrHistogram(1, _HIGHEST_US, _DIGITS)
    microseconds = np.clip(np.asarray(latencies_ns, dtype=np.int64) // 1000, 1, _HIGHEST_US)
    # The library records one value at a time; equal values share a call.
    for value, count in zip(*np.unique(microseconds, return_counts=True), strict=True):
        made.record_value(int(value), int(count))
    return made


def merge(parts: Iterable[HdrHistogram]) -> HdrHistogram:
    """One histogram of all that `parts` recorded."""
    whole = histogram()
    for part in parts:
        whole.add(part)
    return whole


def milliseconds(recorded: HdrHistogram, percentile: float) -> float:
    """The latency in ms that `percentile` per cent of the recorded values do not exceed; NaN if empty."""
    if not recorded.get_total_count():
        return float("nan")
    return recorded.get_value_at_percentile(percentile) / 1000


def encode(recorded: HdrHistogram) -> str:
    """Compressed text form (HdrHistogram V2, base64), which other HdrHistogram tools read."""
    return recorded.encode().decode()


def decode(text: str) -> HdrHistogram:
    """The histogram that `encode` wrote."""
    return HdrHistogram.decode(text)
