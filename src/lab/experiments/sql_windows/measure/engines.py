"""The three engines side by side: one connection to each for every table that is measured."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pandas as pd
import psycopg

from lab.experiments.sql_windows.measure.processor import POSTGRES_REPORTS
from lab.experiments.sql_windows.mechanism.queries import KIT
from lab.services.postgres import postgres

ENGINES = ("PostgreSQL", "DuckDB", "SQLite")
SCHEMA = (KIT / "schema" / "transactions.sql").read_text()
# One thread each, no compilation, and memory enough that nothing spills: what is measured is the algorithm.
# SQLite stays as it comes: it sorts in runs as large as its page cache and merges them, at every setting of
# the cache, and asking it to keep everything in memory (temp_store) makes large sorts slower, not faster.
POSTGRES_SESSION = {
    "work_mem": "'512MB'",
    "temp_buffers": "'256MB'",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}
DUCKDB_SESSION = {"threads": "1"}


@dataclass
class Bench:
    """Tables by name, on every engine. dsn: PostgreSQL's."""

    dsn: str
    versions: Mapping[str, str]
    _stack: ExitStack
    _tables: dict[tuple[str, str], Any] = field(default_factory=dict)

    def load(self, name: str, data: pd.DataFrame, engines: tuple[str, ...] = ENGINES) -> None:
        """Make `transactions` with these rows, stored in their order, under `name` on the engines."""
        for engine in engines:
            self._tables[engine, name] = _LOADERS[engine](self, data)

    def connection(self, engine: str, name: str) -> Any:
        """A DB-API connection on which `transactions` is the table loaded as `name`."""
        return self._tables[engine, name]

    def another(self, name: str) -> psycopg.Connection[Any]:
        """A second connection to PostgreSQL's table `name`."""
        (schema,) = self.connection("PostgreSQL", name).execute("SELECT current_schema()").fetchone()
        return self._connect(schema)

    def _connect(self, schema: str) -> psycopg.Connection[Any]:
        connection = self._stack.enter_context(psycopg.connect(self.dsn, autocommit=True))
        for setting, value in (POSTGRES_SESSION | POSTGRES_REPORTS | {"search_path": schema}).items():
            connection.execute(f"SET {setting} = {value}")
        return connection

    def _postgres(self, data: pd.DataFrame) -> psycopg.Connection[Any]:
        schema = f"lab_{uuid.uuid4().hex[:12]}"
        connection = self._connect(schema)
        connection.execute(f"CREATE SCHEMA {schema}")
        self._stack.callback(connection.execute, f"DROP SCHEMA {schema} CASCADE")
        connection.execute(SCHEMA)
        with connection.cursor().copy("COPY transactions FROM STDIN (FORMAT csv)") as copy:
            copy.write(data.to_csv(index=False, header=False))
        connection.execute("VACUUM ANALYZE transactions")
        return connection

    def _duckdb(self, data: pd.DataFrame) -> duckdb.DuckDBPyConnection:
        connection = self._stack.enter_context(duckdb.connect())
        for name, value in DUCKDB_SESSION.items():
            connection.execute(f"SET {name} = {value}")
        connection.execute(SCHEMA)
        connection.register("given", data)
        connection.execute("INSERT INTO transactions SELECT * FROM given")
        connection.unregister("given")
        return connection

    def _sqlite(self, data: pd.DataFrame) -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        self._stack.callback(connection.close)
        connection.execute(SCHEMA)
        connection.execute("BEGIN")
        columns = (data[name].tolist() for name in data)
        connection.executemany(
            "INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?)", zip(*columns, strict=True)
        )
        connection.execute("COMMIT")
        return connection


_LOADERS: dict[str, Callable[[Bench, pd.DataFrame], Any]] = {
    "PostgreSQL": Bench._postgres,
    "DuckDB": Bench._duckdb,
    "SQLite": Bench._sqlite,
}


@contextmanager
def bench() -> Iterator[Bench]:
    """A PostgreSQL server, attached or started; DuckDB and SQLite in this process's memory."""
    with postgres() as server, ExitStack() as stack:
        versions = {
            "PostgreSQL": server.version,
            "DuckDB": duckdb.__version__,
            "SQLite": sqlite3.sqlite_version,
        }
        yield Bench(server.dsn, versions, stack)
