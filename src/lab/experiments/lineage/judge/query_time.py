"""Time of an upstream query: a fixed part, and one for each edge that the recursion walks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.evidence.result import Prediction


@dataclass(frozen=True)
class Line:
    """seconds = fixed + per_field * fields found upstream."""

    fixed: float
    per_field: float

    def seconds(self, fields: float) -> float:
        return self.fixed + self.per_field * fields


def fitted(rows: pd.DataFrame, way: str = "recursive_s") -> Line:
    """Least squares over all queries."""
    slope, fixed = np.polyfit(rows["found"], rows[way], 1)
    return Line(max(0.0, float(fixed)), float(slope))


def check(scaling: pd.DataFrame) -> Prediction:
    """The line of the smaller graphs, held against the median query in the largest."""
    largest = scaling["columns"].max()
    line = fitted(scaling[scaling["columns"] < largest])
    last = scaling[scaling["columns"] == largest]
    return Prediction(
        f"median query in the graph of {largest:,} columns, from the smaller ones",
        line.seconds(float(last["found"].median())),
        float(last["recursive_s"].median()),
        "s",
        criterion="model_predicts",
    )


def by_size(scaling: pd.DataFrame) -> pd.DataFrame:
    """A row for each graph: medians of its queries."""
    return scaling.groupby("columns", as_index=False).median()
