"""Time of an upstream query: a fixed part, and one for each column found; and how many are found as a graph grows in depth."""

from __future__ import annotations

import pandas as pd

from lab.evidence.fit import Line, line
from lab.evidence.result import Prediction


def fitted(rows: pd.DataFrame) -> Line:
    """Seconds against columns found, least squares over all queries."""
    return line(rows["found"], rows["recursive_s"]).rising()


def deepened(depth: pd.DataFrame, columns: float) -> tuple[float, float]:
    """Columns upstream of a last one, and rows of the closure, in a graph so many columns deep.

    Counted as far as the deep graph was followed. Beyond, the line of its second half is drawn on: once each layer's share
    that a column reaches has settled, upstream grows by as much with every layer.
    """
    last = depth.iloc[-1]
    if columns <= last["columns"]:
        row = depth[depth["columns"] <= columns].iloc[-1]
        return float(row["found"]), float(row["closure_rows"])
    settled = depth[depth["columns"] > last["columns"] / 2]
    found = line(settled["columns"], settled["found"]).at(columns)
    return found, float(last["closure_rows"] + (columns - last["columns"]) * (last["found"] + found) / 2)


def check(scaling: pd.DataFrame) -> Prediction:
    """The line of the smaller graphs, held against the median query in the largest."""
    largest = scaling["columns"].max()
    last = scaling[scaling["columns"] == largest]
    return Prediction(
        f"median query in the graph of {largest:,} columns, from the smaller ones",
        fitted(scaling[scaling["columns"] < largest]).at(float(last["found"].median())),
        float(last["recursive_s"].median()),
        "s",
        criterion="model_predicts",
    )


def by_size(scaling: pd.DataFrame) -> pd.DataFrame:
    """A row for each graph: medians of its queries."""
    return scaling.groupby("columns", as_index=False).median()
