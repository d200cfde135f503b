"""Time as a function of rows: a fixed part, and one in proportion to the declared O()."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from lab.experiments.sql_windows.criteria import SMALL_ROWS
from lab.experiments.sql_windows.mechanism.complexity import Bound
from lab.experiments.sql_windows.mechanism.queries import queries

PROJECTED = "running_total"  # the query whose time is projected


@dataclass(frozen=True)
class Curve:
    """T(n) = fixed_s + per_unit_s * f(n), f from the query's note."""

    fixed_s: float
    per_unit_s: float
    bound: Bound

    def seconds(self, rows: float) -> float:
        return self.fixed_s + self.per_unit_s * self.bound.work(rows)

    def rows_in(self, seconds: float) -> int:
        """The largest table that is done in this time."""
        low, high = 1, 10**15
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.seconds(middle) <= seconds else (low, middle)
        return low


def curve(timings: pd.DataFrame, engine: str, rows: int, query: str = PROJECTED) -> Curve:
    """T of one query through its median times at SMALL_ROWS and at `rows` alone."""
    own = timings[(timings["engine"] == engine) & (timings["query"] == query)]
    medians = own.groupby("rows")["seconds"].median()
    bound = queries()[query].complexity.on(engine)
    slope = (medians[rows] - medians[SMALL_ROWS]) / (bound.work(rows) - bound.work(SMALL_ROWS))
    return Curve(float(medians[SMALL_ROWS] - slope * bound.work(SMALL_ROWS)), float(slope), bound)


def top_seconds(timings: pd.DataFrame, rows: int) -> dict[str, float]:
    """Median seconds of the projected query at `rows`, by engine."""
    own = timings[(timings["query"] == PROJECTED) & (timings["rows"] == rows)]
    return {str(engine): float(value) for engine, value in own.groupby("engine")["seconds"].median().items()}
