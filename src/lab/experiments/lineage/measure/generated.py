"""Generated statements, read by every reader; some of them executed to see that their truth is one."""

from __future__ import annotations

import contextlib
import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lab.experiments.lineage.measure.seen import Generated
from lab.experiments.lineage.mechanism import UnreadableSQLError, column_lineage, influences
from lab.experiments.lineage.oracle import perturbation
from lab.experiments.lineage.oracle.generated_sql import TABLES, Query, Writer
from lab.experiments.lineage.params import Params
from lab.experiments.lineage.workload.pipeline import DIALECT, Tables, database
from lab.experiments.lineage.workload.readers import UNREADABLE, Reader

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ROWS = 12


def generated(params: Params, readers: Sequence[Reader], verify: bool = True) -> Generated:
    """All statements by all readers. verify: execute some, and read the unreadable ones."""
    writer = Writer(random.Random(params.seed), params.depth)
    statements = [writer.statement() for _ in range(params.statements)]
    with _quiet():
        read = pd.DataFrame([row for reader in readers for row in _read(reader, statements)])
        influences, seconds = _influences(statements) if verify else (pd.DataFrame(), [])
        unnamed = [sql for sql, word in UNREADABLE.items() if not _refused(sql, word)] if verify else []
    chosen = statements[: min(params.verified, len(statements))] if verify else []
    refuted = list(_refuted(chosen, params.seed))
    return Generated(read, influences, refuted, len(chosen), unnamed, len(UNREADABLE), seconds)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """sqlglot logs what it does not know, before it is refused here."""
    log = logging.getLogger("sqlglot")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


def _read(reader: Reader, statements: Sequence[Query]) -> Iterator[dict[str, object]]:
    for number, statement in enumerate(statements):
        try:
            found = reader.read(statement.text, TABLES, DIALECT)
        except Exception:  # whatever a reader of the field raises is its refusal
            found = None
        wanted = {(target, source) for target, truth in statement.truth.items() for source in truth.direct}
        related = {(target, source) for target, truth in statement.truth.items() for source in truth.decides}
        told = {(target, source) for target, sources in (found or {}).items() for source in sources}
        yield {
            "statement": number,
            "reader": reader.name,
            "right": len(told & wanted),
            "false": len(told - wanted),
            "missed": len(wanted - told),
            "related": len((told & related) - wanted),
            "refused": found is None,
        }


def _influences(statements: Sequence[Query]) -> tuple[pd.DataFrame, list[float]]:
    rows, seconds = [], []
    for number, statement in enumerate(statements):
        began = time.perf_counter()
        try:
            found = influences(statement.text, TABLES, DIALECT)
        except UnreadableSQLError:
            found = {}
        seconds.append(time.perf_counter() - began)
        truth = statement.truth
        told = {
            target: (frozenset(flow.direct), flow.sources, flow.rows_of) for target, flow in found.items()
        }
        right = {
            target: (item.direct, item.direct | item.decides, item.rows) for target, item in truth.items()
        }
        rows.append(
            {"statement": number, "exact": told == right, "columns": len(truth), "sql": statement.text}
        )
    return pd.DataFrame(rows), seconds


def _refused(sql: str, word: str) -> bool:
    try:
        column_lineage(sql, TABLES, DIALECT)
    except UnreadableSQLError as error:
        return word in str(error)
    return False


def _refuted(statements: Sequence[Query], seed: int) -> Iterator[str]:
    with database() as connection:
        for number, statement in enumerate(statements):
            yield from _refuted_one(connection, statement, seed + number)


def _refuted_one(connection: DuckDBPyConnection, statement: Query, seed: int) -> Iterator[str]:
    """Influences that running it shows and its truth lacks."""
    random = np.random.default_rng(seed)
    used = [name for name in TABLES if f"{name} AS" in statement.text]
    tables = {
        name: pd.DataFrame({column: random.integers(0, 4, _ROWS) for column in TABLES[name]}) for name in used
    }
    seen, _ = perturbation.seen(_runner(connection, statement.text), tables, seed)
    for table, column, _, target in sorted(seen):
        truth = statement.truth[target]
        known = table in truth.rows if column == "*" else f"{table}.{column}" in truth.direct | truth.decides
        if not known:
            yield f"{table}.{column} -> {target} in {statement.text}"


def _runner(connection: DuckDBPyConnection, sql: str) -> Callable[[Tables], Tables]:
    def run(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        for name, table in tables.items():
            rows = ", ".join(
                f"({', '.join('NULL' if value != value else str(int(value)) for value in row)})"
                for row in table.itertuples(index=False)
            )
            columns = ", ".join(f"{each} INTEGER" for each in table.columns)
            connection.execute(f"CREATE OR REPLACE TABLE {name} ({columns})")
            if rows:
                connection.execute(f"INSERT INTO {name} VALUES {rows}")
        return {"result": connection.execute(sql).df()}

    return run
