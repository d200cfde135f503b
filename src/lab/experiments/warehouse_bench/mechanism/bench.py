"""The bench: any engine of three methods, interleaved in random order."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import pandas as pd

from lab.experiments.warehouse_bench.mechanism.engine import Engine, Usage
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
ENOUGH_S, MOST = 0.15, 3

Watch = Callable[[Cell, int, Sequence[tuple]], None]


def times(seconds: float) -> int:
    """How often to run in each round what took `seconds` the first time.

    A query of milliseconds is stretched by anything that the machine does besides; the median of several, each
    at a place of its own in the round, is hardly.
    """
    return max(1, min(MOST, math.ceil(ENOUGH_S / max(seconds, ENOUGH_S / MOST))))


def bench(
    engines: Mapping[str, Engine],
    formats: Mapping[str, Sequence[str]] | Sequence[str],
    queries: Mapping[str, str],
    repeats: int,
    seed: int = 1,
    watch: Watch | None = None,
    settle: Callable[[], None] | None = None,
) -> pd.DataFrame:
    """Time every query on every engine and dataset, in `repeats` rounds after a first one. One row for each Timing.

    formats: datasets, by names that `Engine.use` knows; as a mapping, with the queries that each is asked. queries: SQL
    by name. watch: is given each answer, settle: is called before what takes milliseconds, both outside of the timing.
    ValueError before anything has run, if there is nothing to time or a name is wrong.
    """
    cells = _cells(engines, formats, queries, repeats)
    often: dict[Cell, int] = {}
    found = []
    for number, cell in interleaved(cells, repeats + 1, seed, lambda cell: often.get(cell, 1)):
        if settle and often.get(cell, 1) > 1:
            settle()
        timing, rows = take(engines[cell.engine], cell, number, queries[cell.query])
        found.append(timing)
        if number == 0:
            often[cell] = times(timing.seconds)
        if watch:
            watch(cell, number, rows)
    return pd.DataFrame(found, columns=[field.name for field in fields(Timing)])


def _cells(
    engines: Mapping[str, Engine],
    formats: Mapping[str, Sequence[str]] | Sequence[str],
    queries: Mapping[str, str],
    repeats: int,
) -> list[Cell]:
    for what, given in (("engines", engines), ("queries", queries)):
        if not isinstance(given, Mapping):
            raise ValueError(f"{what} must be a mapping, each under its name, not {given!r}")
    own = formats if isinstance(formats, Mapping) else {}
    for names in (formats, *own.values()):
        if isinstance(names, str):
            raise ValueError(f"formats must be lists of names, not the text {names!r}")
    if not isinstance(repeats, int):
        raise ValueError(f"repeats must be a whole number, not {repeats!r}")
    asked = {name: list(own.get(name, queries)) for name in formats}
    if strangers := {name for names in asked.values() for name in names} - set(queries):
        raise ValueError(f"there is no query {', '.join(sorted(map(str, strangers)))}")
    cells = [Cell(engine, data, query) for engine in engines for data in asked for query in asked[data]]
    if not cells or repeats < 0:
        raise ValueError(f"nothing to time: {len(cells)} queries on engines and datasets, {repeats} rounds")
    return list(dict.fromkeys(cells))


def take(engine: Engine, cell: Cell, number: int, sql: str) -> tuple[Timing, list[tuple[Any, ...]]]:
    """Time one execution, until the last of its rows is there: a lazy cursor is emptied while the clock runs."""
    try:
        engine.use(cell.dataset)
        before = engine.usage()
        begin = time.perf_counter()
        rows = list(engine.answer(sql))
        seconds = time.perf_counter() - begin
        after = engine.usage()
    except Exception as error:
        error.add_note(f"in round {number} of query {cell.query} on {cell.engine}, {cell.dataset}")
        raise
    return Timing(*cell, number, seconds, *_used(before, after)), rows


def _used(before: Usage, after: Usage) -> Iterator[float]:
    """What each counter rose by; NaN for one that fell, as after a restart: nobody knows what was used meanwhile."""
    for field in fields(Usage):
        risen = getattr(after, field.name) - getattr(before, field.name)
        yield risen if risen >= 0 else math.nan
