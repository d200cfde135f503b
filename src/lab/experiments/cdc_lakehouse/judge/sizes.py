"""What a batch costs by the size of its table: the line through all but the largest, and what it predicts there.

Of the rounds of a size the fastest counts: whatever else the machine does can only make a batch slower.
"""

from __future__ import annotations

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.fit import Line, line, percentile_interval, resampled
from lab.evidence.frames import records
from lab.experiments.cdc_lakehouse.criteria import PREDICTED_WITHIN as LIMIT
from lab.experiments.cdc_lakehouse.measure.sizes import CHANGED, COPY, MERGE

__all__ = ["CHANGED", "COPY", "by_table", "fastest", "fitted", "of_sizes", "redrawn", "through"]


def fastest(table: pd.DataFrame) -> pd.DataFrame:
    """One row per size, as the sink is by default. Columns: rows, took (s), raw (all, s), files, deleted, written."""
    own = table[(table["mode"] == MERGE) & (table["version"] == 2)]
    found = own.groupby("rows", as_index=False)
    return found.agg(
        took=("took", "min"), raw=("took", list), files=("files", "max"), deleted=("deleted", "max"),
        written=("written", "median"),
    )  # fmt: skip


def by_table(table: pd.DataFrame) -> pd.DataFrame:
    """One row per size, mode and format version, each column by the statistic that the metrics take.

    Columns: rows, mode, version, batches, took (s, the fastest), written and deleted (of a batch, medians), files (at the end).
    """
    return table.groupby(["rows", "mode", "version"], as_index=False).agg(
        batches=("took", "count"), took=("took", "min"), written=("written", "median"), files=("files", "max"),
        deleted=("deleted", "median"),
    )  # fmt: skip


def fitted(table: pd.DataFrame) -> Line:
    """s of a batch by rows of its table, through all sizes but the largest."""
    return through(fastest(table))


def through(found: pd.DataFrame) -> Line:
    """The line through `fastest` of all sizes but the largest."""
    smaller = found.iloc[:-1]
    return line(smaller["rows"], smaller["took"])


def redrawn(found: pd.DataFrame) -> list[pd.DataFrame]:
    """`fastest` as it might as well have come out: other rounds drawn, size by size."""
    strata = [[(row.rows, took) for took in row.raw] for row in records(found)]
    return resampled(strata, _fastest_of)


def _fastest_of(drawn: list[tuple[int, float]]) -> pd.DataFrame:
    return pd.DataFrame(drawn, columns=["rows", "took"]).groupby("rows", as_index=False).min()


def _deviation(found: pd.DataFrame) -> float:
    """By how much the line through the smaller sizes misses the largest, relative."""
    largest = found.iloc[-1]
    return abs(through(found).at(largest["rows"]) / largest["took"] - 1)


def of_sizes(table: pd.DataFrame) -> dict[str, Observation]:
    """Criteria about the tables of different sizes. What other rounds might have turned round can't be told.

    A line that misses for certain is refuted, whether or not times stand out from the noise: that they do not only takes a
    pass from it.
    """
    found = fastest(table)
    largest, again, deviation = found.iloc[-1], redrawn(found), _deviation(found)
    rise = percentile_interval([one["took"].iloc[-1] - one["took"].iloc[0] for one in again])
    low, high = percentile_interval([_deviation(one) for one in again])
    told = f"{largest['rows']:,} rows: {fitted(table).at(largest['rows']):.2f} s predicted, {largest['took']:.2f} s seen"
    doubt = ""
    if deviation <= LIMIT and rise[0] <= 0:
        doubt = "; the rounds of one size lie as far apart as the sizes: too much noise, or tables too small"
    elif not (high <= LIMIT if deviation <= LIMIT else low > LIMIT):
        doubt = f"; other rounds might have come out at {low:.2f} or {high:.2f}"
    wrong = table.drop_duplicates(["rows", "mode", "version"])["wrong"]
    return {
        "batch_predicted": Observation(deviation, told + doubt, (low, high), conclusive=not doubt),
        "sized_tables_right": Observation(int(wrong.sum()), f"of {len(wrong)} tables"),
    }
