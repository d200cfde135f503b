"""Time of an upstream query: a fixed part, and one for each column that the recursion finds."""

from __future__ import annotations

import pandas as pd

from lab.evidence.fit import Line, line, percentile_interval, resampled
from lab.evidence.result import Prediction
from lab.evidence.statistics import Interval


def fitted(rows: pd.DataFrame) -> Line:
    """Seconds against columns found, least squares over all queries."""
    return line(rows["found"], rows["recursive_s"]).rising()


def reaches(scaling: pd.DataFrame, seconds: float) -> tuple[float, Interval]:
    """Columns upstream at which a query takes so long, and the interval that drawing other queries gives."""
    sizes = [part.to_dict("records") for _, part in scaling.groupby("columns")]
    drawn = resampled(sizes, lambda rows: fitted(pd.DataFrame(rows)).reaches(seconds))
    return fitted(scaling).reaches(seconds), percentile_interval(drawn)


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
