"""How long a query takes: the work alone, without handing rows over."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lab.experiments.sql_windows.measure.engines import ENGINES, Bench
from lab.experiments.sql_windows.measure.processor import processor_time
from lab.experiments.sql_windows.mechanism.paramstyle import paramstyle_of
from lab.experiments.sql_windows.mechanism.queries import Query

WIDTH_ROUNDS = 6  # of each width at least: fewer leave its slope too unsure
SLIDING = "sliding"  # the table on which the width of a frame is varied
# A float has no exact difference, so what leaves a frame can't be subtracted again (PostgreSQL: User-defined Aggregates).
AGGREGATES = {
    "max": "max(cents)",
    "sum of integers": "sum(cents)",
    "sum of floats": "sum(CAST(cents AS double precision))",
}


@dataclass(frozen=True)
class Cost:
    """What one statement took. seconds: by the clock; processor_s: of processor time, in the engine."""

    seconds: float
    processor_s: float


def cost(connection: Any, query: Query, **values: int) -> Cost:
    """The cost of the query with its whole result kept in a temporary table.

    Counting the rows of a subquery instead would not do: planners then drop the columns, windows and the
    order that nobody asks for. Fetching would measure the driver.
    """
    sql, arguments = query.bound(paramstyle_of(connection), **values)
    cursor = connection.cursor()
    with processor_time(connection) as processor:
        begin = time.perf_counter()
        cursor.execute(f"CREATE TEMPORARY TABLE answer AS {sql}", arguments)
        taken = Cost(time.perf_counter() - begin, processor())
    cursor.execute("DROP TABLE answer")
    return taken


def seconds(connection: Any, query: Query, **values: int) -> float:
    """Seconds by the clock; see `cost`."""
    return cost(connection, query, **values).seconds


def fetch_seconds(connection: Any, query: Query) -> float:
    """Seconds to hand over a result that is ready."""
    sql, arguments = query.bound(paramstyle_of(connection))
    cursor = connection.cursor()
    cursor.execute(f"CREATE TEMPORARY TABLE answer AS {sql}", arguments)
    begin = time.perf_counter()
    cursor.execute("SELECT * FROM answer")
    cursor.fetchall()
    taken = time.perf_counter() - begin
    cursor.execute("DROP TABLE answer")
    return taken


Cell = tuple[str, str, int]  # engine, query, rows; the table is loaded under str(rows)


@dataclass(frozen=True)
class Plan:
    """What to time. A cell is timed in at most `repeats` rounds, and no more once it took `cell_seconds`.

    The rule looks at time spent alone, so what is found does not decide how often it is looked for.
    """

    queries: Mapping[str, Query]
    sizes: Sequence[int]
    repeats: int
    cell_seconds: float
    seed: int

    def rounds(self) -> Iterator[list[Cell]]:
        """The cells of each round, queries in random order, of each its sizes side by side, and of a size the engines.

        A slow minute of the machine then meets all sizes that a slope is drawn through, and all engines.
        """
        random = np.random.default_rng(self.seed)
        for _ in range(self.repeats):
            yield [
                (str(engine), str(name), rows)
                for name in random.permutation(list(self.queries))
                for rows in self.sizes
                for engine in random.permutation(ENGINES)
            ]


def timings(bench: Bench, plan: Plan) -> pd.DataFrame:
    """Every single timing: engine, query, rows, repeat, seconds, processor_s."""
    _warm_up(bench, plan)

    def take(cell: Cell) -> Cost:
        engine, name, rows = cell
        return cost(bench.connection(engine, str(rows)), plan.queries[name])

    return repeatedly(plan.rounds(), plan.cell_seconds, take).rename(columns={"size": "rows"})


def width_timings(
    bench: Bench, query: Query, widths: Sequence[int], repeats: int, cell_seconds: float
) -> pd.DataFrame:
    """Every timing: engine, aggregate, width (rows before the current one), repeat, seconds, processor_s."""
    variants = {name: query.changed("max(cents)", text) for name, text in AGGREGATES.items()}
    cells = [(engine, name, width) for width in widths for name in variants for engine in ENGINES]

    def take(cell: Cell) -> Cost:
        engine, name, width = cell
        return cost(bench.connection(engine, SLIDING), variants[name], preceding_rows=width)

    found = repeatedly([cells] * repeats, cell_seconds, take, WIDTH_ROUNDS)
    return found.rename(columns={"query": "aggregate", "size": "width"})


def repeatedly(
    rounds: Iterable[Sequence[Cell]], cell_seconds: float, take: Callable[[Cell], Cost], least: int = 1
) -> pd.DataFrame:
    """Time each round's cells, from the round after the first `least` on without those that already took `cell_seconds`.

    Columns: engine, query, size, repeat, seconds, processor_s.
    """
    spent: dict[Cell, float] = defaultdict(float)
    found = []
    for repeat, cells in enumerate(rounds):
        for cell in cells:
            if repeat >= least and spent[cell] >= cell_seconds:
                continue
            taken = take(cell)
            spent[cell] += taken.seconds
            found.append((*cell, repeat, taken.seconds, taken.processor_s))
    return pd.DataFrame(found, columns=["engine", "query", "size", "repeat", "seconds", "processor_s"])


def _warm_up(bench: Bench, plan: Plan) -> None:
    """Every query once on the small tables, one on the largest: no timing pays for what only the first pays.

    On the largest that is memory which the machine has not given out yet; on a virtual machine the first
    touch of a page takes many times as long as the second.
    """
    for rows in plan.sizes[:2]:
        for query in plan.queries.values():
            for engine in ENGINES:
                seconds(bench.connection(engine, str(rows)), query)
    for engine in ENGINES:
        seconds(bench.connection(engine, str(plan.sizes[-1])), next(iter(plan.queries.values())))
