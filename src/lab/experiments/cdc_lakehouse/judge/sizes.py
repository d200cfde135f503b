"""What a batch costs by the size of its table: medians, the line through all but the largest, and what it predicts there."""

from __future__ import annotations

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.fit import Line, line
from lab.experiments.cdc_lakehouse.measure.sizes import CHANGED, COPY, MERGE

__all__ = ["CHANGED", "COPY", "fitted", "medians", "of_sizes"]


def medians(table: pd.DataFrame) -> pd.DataFrame:
    """One row per size, as the sink is by default. Columns: rows, took (s, median), raw (all, s), files, deleted, written."""
    own = table[(table["mode"] == MERGE) & (table["version"] == 2)]
    found = own.groupby("rows", as_index=False)
    return found.agg(
        took=("took", "median"), raw=("took", list), files=("files", "max"), deleted=("deleted", "max"),
        written=("written", "median"),
    )  # fmt: skip


def fitted(table: pd.DataFrame) -> Line:
    """s of a batch by rows of its table, from all sizes but the largest."""
    smaller = medians(table).iloc[:-1]
    return line(smaller["rows"], smaller["took"])


def of_sizes(table: pd.DataFrame) -> dict[str, Observation]:
    """Criteria about the tables of different sizes."""
    found = medians(table)
    largest, rise = found.iloc[-1], found["took"].iloc[-1] - found["took"].iloc[0]
    noise = max(max(raw) - min(raw) for raw in found["raw"])
    predicted = fitted(table).at(largest["rows"])
    told = f"{largest['rows']:,} rows: {predicted:.2f} s predicted, {largest['took']:.2f} s seen"
    if rise <= noise:
        told += f"; the rounds of one size lie {noise:.2f} s apart, as far as the sizes: too much noise, or tables too small"
    wrong = table.drop_duplicates(["rows", "mode", "version"])["wrong"]
    return {
        "batch_predicted": Observation(
            float(abs(predicted - largest["took"]) / largest["took"]),
            told,
            conclusive=bool(rise > noise),
        ),
        "sized_tables_right": Observation(int(wrong.sum()), f"of {len(wrong)} tables"),
    }
