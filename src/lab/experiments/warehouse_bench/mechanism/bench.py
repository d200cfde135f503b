"""The bench: any engine of three methods, interleaved in random order."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from lab.experiments.warehouse_bench.mechanism.engine import Engine
from lab.load.interleave import interleaved


class Cell(NamedTuple):
    """One thing to time."""

    engine: str
    dataset: str
    query: str


@dataclass(frozen=True)
class Timing:
    """One execution of one cell. round 0 is the first of each cell and stands apart; later rounds may hold several."""

    engine: str
    dataset: str
    query: str
    round: int
    seconds: float
    cpu_s: float
    read_bytes: float
    reported_cpu_s: float
    reported_bytes: float
    machine_s: float


# In each round, what is quick runs until this time is filled, but not more often than this.
ENOUGH_S, MOST = 0.05, 5

Watch = Callable[[Cell, int, Sequence[tuple]], None]


def times(seconds: float) -> int:
    """How often to run in each round what took `seconds` the first time.

    A query of milliseconds is stretched by anything that the machine does besides; the median of several, each
    at a place of its own in the round, is hardly.
    """
    return max(1, min(MOST, math.ceil(ENOUGH_S / seconds)))


def bench(
    engines: Mapping[str, Engine],
    formats: Mapping[str, Sequence[str]] | Sequence[str],
    queries: Mapping[str, str],
    repeats: int,
    seed: int = 1,
    watch: Watch | None = None,
    settle: Callable[[], None] | None = None,
) -> pd.DataFrame:
    """Time every query on every engine and dataset, in `repeats` rounds after a first one.

    formats: names that `Engine.use` knows, the same for all engines, or by engine. queries: SQL by name.
    watch: is given each answer, settle: is called before what takes milliseconds, both outside of the timing. Returns one
    row for each Timing.
    """
    known = formats if isinstance(formats, Mapping) else dict.fromkeys(engines, formats)
    cells = [Cell(engine, data, query) for engine in engines for data in known[engine] for query in queries]
    often, found = dict.fromkeys(cells, 1), []
    for number, cell in interleaved(cells, repeats + 1, seed, often.__getitem__):
        if settle and often[cell] > 1:
            settle()
        timing, rows = take(engines[cell.engine], cell, number, queries[cell.query])
        found.append(timing)
        if number == 0:
            often[cell] = times(timing.seconds)
        if watch:
            watch(cell, number, rows)
    return pd.DataFrame(found)


def take(engine: Engine, cell: Cell, number: int, sql: str) -> tuple[Timing, list[tuple[Any, ...]]]:
    """Time one execution."""
    engine.use(cell.dataset)
    before = engine.usage()
    begin = time.perf_counter()
    rows = engine.answer(sql)
    seconds = time.perf_counter() - begin
    after = engine.usage()
    timing = Timing(
        *cell,
        number,
        seconds,
        after.cpu_s - before.cpu_s,
        after.read_bytes - before.read_bytes,
        after.reported_cpu_s - before.reported_cpu_s,
        after.reported_bytes - before.reported_bytes,
        after.machine_s - before.machine_s,
    )
    return timing, rows
