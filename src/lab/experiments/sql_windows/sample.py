"""The documented sample: a few purchases and the rows that each query must give for them, as committed."""

from __future__ import annotations

import pandas as pd

from lab import paths
from lab.experiments.sql_windows.workload import COLUMNS

SLUG = "sql_windows"


def purchases() -> pd.DataFrame:
    """The sample's purchases, columns as in the table."""
    return pd.read_csv(paths.data(SLUG) / "sample.csv")[list(COLUMNS)]


def documented(name: str) -> pd.DataFrame:
    """The rows that query `name` must give for the sample at its default parameters."""
    return pd.read_csv(paths.data(SLUG) / "expected" / f"{name}.csv")
