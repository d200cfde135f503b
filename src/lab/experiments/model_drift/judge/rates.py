"""Shares with intervals, losses, and the share of windows in which a drift of known size shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.evidence.statistics import Interval
from lab.experiments.model_drift.params import ALPHA

if TYPE_CHECKING:
    from scipy import special, stats
else:
    from lab.lazy import module

    stats, special = module("scipy.stats"), module("scipy.special")

SURE = 0.99  # of intervals on false alarms, by which a run is judged


def clustered(shares: NDArray[np.float64]) -> tuple[float, Interval]:
    """Mean share and its interval, each entry an independent draw: features of one window are not independent."""
    mean = float(np.mean(shares))
    reach = float(
        stats.t.ppf((1 + SURE) / 2, len(shares) - 1) * np.std(shares, ddof=1) / np.sqrt(len(shares))
    )
    return mean, (max(0.0, mean - reach), min(1.0, mean + reach))


def in_series(alarms: NDArray[np.bool_], looks: int) -> NDArray[np.bool_]:
    """Windows in a row as series of `looks`, what is left over dropped: series x looks."""
    whole = len(alarms) // looks * looks
    return alarms[:whole].reshape(-1, looks)


def formula(tests: float, alpha: float = ALPHA) -> float:
    """Chance of any false alarm in so many independent tests."""
    return float(1 - (1 - alpha) ** tests)


def shown(w: float, rows: float, freedom: int, alpha: float = ALPHA) -> float:
    """Share of windows in which a drift of effect `w` has p < alpha; rows: of reference and window together."""
    limit = stats.chi2.isf(alpha, freedom)
    return float(stats.ncx2.sf(limit, freedom, rows * w * w))


def rows_needed(w: float, freedom: int, alpha: float, share: float = 0.8) -> float:
    """Rows of reference and window together with which a share of the windows shows it."""
    limit = float(stats.chi2.isf(alpha, freedom))
    return float(special.chndtrinc(limit, freedom, 1 - share)) / (w * w)


def log_loss(part: pd.DataFrame) -> float:
    """Mean log-loss of scores against labels; nan without rows."""
    score = part["score"].clip(1e-6, 1 - 1e-6)
    return (
        float(-np.mean(np.where(part["label"] == 1, np.log(score), np.log(1 - score))))
        if len(part)
        else float("nan")
    )
