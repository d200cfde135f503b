"""Batches to be judged: good days as they are, and days with one or two faults."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.experiments.data_quality.workload.faults import KINDS, inject
from lab.experiments.data_quality.workload.flights import Day

GOOD = "good"


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
