"""The model of a check's time: so much for each pair of versions, and the same again for each more."""

from __future__ import annotations

import numpy as np
import pandas as pd


def per_pair(timing: pd.DataFrame) -> tuple[float, float]:
    """(fixed seconds, seconds for each version) of a check, from all lengths but the longest."""
    median = timing.groupby("versions")["seconds"].median()
    shorter = median.iloc[:-1]
    slope, fixed = np.polyfit(shorter.index.to_numpy(dtype=float), shorter.to_numpy(), 1)
    return float(fixed), float(slope)


def prediction(timing: pd.DataFrame) -> tuple[float, float]:
    """(predicted, measured) seconds of a check of the longest history."""
    fixed, slope = per_pair(timing)
    median = timing.groupby("versions")["seconds"].median()
    return fixed + slope * float(median.index[-1]), float(median.iloc[-1])
