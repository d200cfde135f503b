"""The audit's time: a fixed part, and one for each table."""

from __future__ import annotations

import pandas as pd

from lab.evidence.fit import Line, line


def fastest(times: pd.DataFrame) -> pd.Series:
    """Least s by number of tables: whatever else the machine does only adds to it."""
    return times.groupby("tables")["seconds"].min()


def fitted(times: pd.DataFrame) -> Line:
    """s against tables, from all sizes but the largest."""
    own = fastest(times)
    return line(own.index[:-1].to_numpy(dtype=float), own.iloc[:-1].to_numpy(), relative=True)


def prediction(times: pd.DataFrame) -> tuple[float, float]:
    """(predicted, measured) s of the largest size."""
    own = fastest(times)
    return fitted(times).at(float(own.index[-1])), float(own.iloc[-1])
