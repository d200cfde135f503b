"""The audit's time: a fixed part, and one for each table."""

from __future__ import annotations

import pandas as pd

from lab.evidence.fit import Line, line


def medians(times: pd.DataFrame) -> pd.Series:
    """Median s by number of tables."""
    return times.groupby("tables")["seconds"].median()


def fitted(times: pd.DataFrame) -> Line:
    """s against tables, from all sizes but the largest."""
    own = medians(times)
    return line(own.index[:-1].to_numpy(dtype=float), own.iloc[:-1].to_numpy(), relative=True)


def prediction(times: pd.DataFrame) -> tuple[float, float]:
    """(predicted, measured) s of the largest size."""
    own = medians(times)
    return fitted(times).at(float(own.index[-1])), float(own.iloc[-1])
