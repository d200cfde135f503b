"""What a sort costs PostgreSQL in memory, and from which size it spills to disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lab.experiments.sql_windows.mechanism.paramstyle import paramstyle_of
from lab.experiments.sql_windows.mechanism.queries import Query

TABLE = "sorting"
# One row less than a power of two: PostgreSQL doubles its array of row pointers, and here it is just full.
FIT_ROWS = 2**14 - 1
MIB = 2**20


@dataclass(frozen=True)
class Sort:
    """One sort as EXPLAIN ANALYZE reports it. rows: sorted; bytes: used, in memory or on disk."""

    rows: int
    method: str
    spilled: bool
    bytes: int


@dataclass(frozen=True)
class Spill:
    """fitted: the sort that gives bytes per row; first_rows: smallest size that spills at `work_mem_mb`.

    sorts: reports at other sizes, within memory and not. slowdown: time with spill / without, at `rows`.
    """

    fitted: Sort
    predicted_rows: int
    first_rows: int
    sorts: list[Sort]
    slowdown: float
    rows: int


def sort_of(connection: Any, query: Query, rows: int, work_mem_mb: int) -> Sort:
    """The sort behind `query` on the first `rows` rows of the table, with that much memory allowed."""
    part = query.changed(
        "FROM transactions", f"FROM (SELECT * FROM transactions LIMIT {rows}) AS transactions"
    )
    with work_mem(connection, work_mem_mb):
        (plan,) = explain(connection, part, "ANALYZE, TIMING OFF, FORMAT json")
    node = next(node for node in _nodes(plan[0]["Plan"]) if node["Node Type"] == "Sort")
    return Sort(rows, node["Sort Method"], node["Sort Space Type"] == "Disk", node["Sort Space Used"] * 1024)


def explain(connection: Any, query: Query, options: str) -> list[Any]:
    """The plan's rows: lines of text, or one JSON document."""
    sql, arguments = query.bound(paramstyle_of(connection))
    cursor = connection.cursor()
    cursor.execute(f"EXPLAIN ({options}) {sql}", arguments)
    return [row[0] for row in cursor.fetchall()]


def first_that_spills(spills: Callable[[int], bool], low: int, high: int) -> int:
    """The smallest size that spills, to within 0.5 %; `low` must not spill and `high` must."""
    while high - low > max(1, low // 200):
        middle = (low + high) // 2
        low, high = (low, middle) if spills(middle) else (middle, high)
    return high


@contextmanager
def work_mem(connection: Any, mebibytes: int) -> Iterator[None]:
    """PostgreSQL's work_mem set for the block, and put back after it."""
    before = connection.execute("SHOW work_mem").fetchone()[0]
    setting = "SELECT set_config('work_mem', %s, false)"
    connection.execute(setting, (f"{mebibytes}MB",))
    try:
        yield
    finally:
        connection.execute(setting, (before,))


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)
