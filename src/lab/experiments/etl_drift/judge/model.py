"""How long a change of type locks a table: a fixed part, and one for each row that is written again."""

from __future__ import annotations

import pandas as pd

from lab.evidence.fit import Line, line

REWRITES = "change a type"
TOO_LONG_S = 1.0  # that readers wait: our threshold


def medians(locks: pd.DataFrame) -> pd.DataFrame:
    """Seconds of each change by rows, the median over the rounds."""
    return locks.groupby(["change", "rows"], sort=True)["seconds"].median().reset_index()


def fitted(locks: pd.DataFrame) -> Line:
    """Of all tables but the largest."""
    own = medians(locks[locks["change"] == REWRITES])
    smaller = own[own["rows"] < own["rows"].max()]
    return line(smaller["rows"], smaller["seconds"]).rising()


def predicted(locks: pd.DataFrame) -> tuple[float, float]:
    """(predicted, measured) seconds of the largest table."""
    own = medians(locks[locks["change"] == REWRITES])
    largest = own.loc[own["rows"].idxmax()]
    return fitted(locks).at(float(largest["rows"])), float(largest["seconds"])
