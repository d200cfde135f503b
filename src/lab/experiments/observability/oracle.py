"""The truth, found another way: the rules on the counts themselves, without Prometheus or PromQL."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lab.experiments.observability.params import BUDGET

Counts = NDArray[np.int64]  # pipelines x minutes: rows of each minute
Flags = NDArray[np.bool_]
TIE = 1e-9
PAIRS = ((60, 5, 14.4), (360, 30, 6.0))  # minutes of the long and the short window, burn rate


def ratio(counts: Mapping[str, Counts], kind: str, window: int) -> NDArray[np.float64]:
    """Share of bad rows in a window, by pipeline and minute; nan where nothing came in, and before the window is full.

    Half a minute after a sample a window of w minutes holds w samples, so its increase is that of w - 1 minutes.
    """
    bad, whole = {
        "rejected": (counts["rejected"], counts["written"] + counts["rejected"]),
        "late": (
            counts["written"] + counts["rejected"] - counts["in_time"],
            counts["written"] + counts["rejected"],
        ),
        "missing": (counts["arrived"] - counts["written"] - counts["rejected"], counts["arrived"]),
    }[kind]
    with np.errstate(invalid="ignore", divide="ignore"):
        return _sums(bad, window - 1) / _sums(whole, window - 1)


def _sums(counts: Counts, minutes: int) -> NDArray[np.float64]:
    total = np.concatenate([np.zeros((len(counts), 1)), np.cumsum(counts, axis=1)], axis=1)
    found = np.full(counts.shape, np.nan)
    found[:, minutes - 1 :] = total[:, minutes:] - total[:, :-minutes]
    return found


def burning(counts: Mapping[str, Counts], kind: str) -> Flags:
    """Where the burn-rate rules fire: either pair of windows over its limit."""
    return np.any([np.all([over > 0 for over in pair], axis=0) for pair in _over(counts, kind)], axis=0)


def tied(counts: Mapping[str, Counts], kind: str) -> Flags:
    """Where a share is its limit but for rounding, so that arithmetic in another order may say either."""
    return np.any([np.abs(over) < TIE for pair in _over(counts, kind) for over in pair], axis=0)


def _over(counts: Mapping[str, Counts], kind: str) -> list[list[NDArray[np.float64]]]:
    """By pair, of the long and the short window: share over limit, less one."""
    return [
        [ratio(counts, kind, window) / (burn * BUDGET[kind]) - 1 for window in (long, short)]
        for long, short, burn in PAIRS
    ]
