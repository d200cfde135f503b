"""What an expectation looks at, as one number of each batch: a share of rows that pass, or a value of the column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

# By type: whether the expectation bounds a share of rows from below (`mostly`) or a value from both sides.
SHARES = {
    "expect_column_values_to_not_be_null",
    "expect_column_values_to_be_between",
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_match_regex",
    "expect_column_pair_values_to_be_in_set",
    "expect_compound_columns_to_be_unique",
}
VALUES = {
    "expect_table_row_count_to_be_between",
    "expect_column_mean_to_be_between",
    "expect_column_stdev_to_be_between",
    "expect_column_unique_value_count_to_be_between",
}


def statistics(type: str, kwargs: Mapping[str, Any], rows: pd.DataFrame, batch: np.ndarray) -> np.ndarray:
    """The number of each batch. rows: of all of them; batch: which one a row belongs to, from 0 without gaps.

    Nulls are left out as the library leaves them out. 1 for a share of no rows, NaN for a value of none.
    """
    if type == "expect_table_row_count_to_be_between":
        return np.bincount(batch).astype(float)
    if type in SHARES:
        passes, counts = _passing(type, kwargs, rows, batch)
        total = np.bincount(batch, counts)
        return np.where(total > 0, np.bincount(batch, passes & counts) / np.maximum(total, 1), 1.0)
    groups = rows[kwargs["column"]].groupby(batch)
    if type == "expect_column_mean_to_be_between":
        return groups.mean().to_numpy(dtype=float, na_value=np.nan)
    if type == "expect_column_stdev_to_be_between":
        return groups.std().to_numpy(dtype=float, na_value=np.nan)
    return groups.nunique().to_numpy(dtype=float)


def _passing(
    type: str, kwargs: Mapping[str, Any], rows: pd.DataFrame, batch: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Which rows pass, and which of them count."""
    everywhere = np.ones(len(rows), dtype=bool)
    if type == "expect_compound_columns_to_be_unique":
        within = rows[kwargs["column_list"]].assign(**{_free(rows): batch})
        return ~within.duplicated(keep=False).to_numpy(), everywhere
    if type == "expect_column_pair_values_to_be_in_set":
        return _pairs(kwargs, rows[kwargs["column_A"]], rows[kwargs["column_B"]])
    column = rows[kwargs["column"]]
    there = column.notna().to_numpy()
    if type == "expect_column_values_to_not_be_null":
        return there, everywhere
    if type == "expect_column_values_to_be_between":
        passes = column.between(kwargs["min_value"], kwargs["max_value"])
    elif type == "expect_column_values_to_be_in_set":
        passes = column.isin(kwargs["value_set"])
    else:
        passes = column.astype(str).str.contains(kwargs["regex"])
    return passes.fillna(False).to_numpy(dtype=bool), there


def _pairs(kwargs: Mapping[str, Any], first: pd.Series, second: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    known = set(map(tuple, kwargs["value_pairs_set"]))
    passes = [pair in known for pair in zip(first.tolist(), second.tolist(), strict=True)]
    return np.array(passes, dtype=bool), (first.notna() & second.notna()).to_numpy()


def _free(rows: pd.DataFrame) -> str:
    """A name that no column has."""
    return "_".join(("batch", *map(str, rows.columns)))
