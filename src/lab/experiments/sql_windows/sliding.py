"""The counter-example: a maximum over a sliding frame, against a sum over the same frame."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from lab.evidence.statistics import Interval, loglog_slope
from lab.experiments.sql_windows.engines import ENGINES, Bench
from lab.experiments.sql_windows.measure import Cell, Cost, cost, repeatedly
from lab.experiments.sql_windows.queries import Query

TABLE = "sliding"


def widths(
    bench: Bench, query: Query, widths: Sequence[int], repeats: int, cell_seconds: float
) -> pd.DataFrame:
    """Every timing: engine, aggregate, width (rows before the current one), repeat, seconds, processor_s."""
    arms = {"max": query, "sum": query.changed("max(cents)", "sum(cents)")}
    cells = [(engine, name, width) for width in widths for name in arms for engine in ENGINES]

    def take(cell: Cell) -> Cost:
        engine, name, width = cell
        return cost(bench.connection(engine, TABLE), arms[name], preceding_rows=width)

    found = repeatedly([cells] * repeats, cell_seconds, take)
    return found.rename(columns={"query": "aggregate", "size": "width"})


def slopes(timings: pd.DataFrame) -> dict[tuple[str, str], tuple[float, Interval]]:
    """Log-log slope of processor time in the width, by engine and aggregate, with its interval.

    Of each width the least counts, as for `slopes.growths`.
    """
    least = timings.groupby(["engine", "aggregate", "width"])["processor_s"].min()
    return {
        (str(engine), str(name)): loglog_slope(group["width"].to_list(), group["processor_s"].to_list())
        for (engine, name), group in least.reset_index().groupby(["engine", "aggregate"])
    }
