"""The shop's source on each engine: made once, and put back to what was agreed before every change."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg import conninfo

from lab import duck
from lab.experiments.dbt_contracts.mechanism import MARTS
from lab.experiments.dbt_contracts.workload.shop import SCHEMA, SHOP, creation
from lab.experiments.dbt_contracts.workload.source_schema import quoted

DUCKDB, POSTGRES = "DuckDB", "PostgreSQL"
OUTPUT = "analytics"  # the schema that dbt writes to
PATH_VARIABLE = "SHOP_DUCKDB"
Tables = dict[str, list[dict[str, Any]]]


class Source(Protocol):
    """A source of dbt's project. outputs: of its profile; environment: what the profile asks for; schema: of the tables.

    keeps: whether, after `keep`, a change meets what was built before it, so that only what is downstream need be built.
    """

    engine: str
    schema: str
    keeps: bool

    @property
    def outputs(self) -> Mapping[str, object]: ...

    @property
    def environment(self) -> Mapping[str, str]: ...

    def fresh(self, statements: Sequence[str]) -> None:
        """As it was agreed, then changed by `statements`; nothing of an earlier build is left."""

    def keep(self) -> None:
        """What is built now is there too from now on, if the source `keeps`."""

    def marts(self) -> dict[str, list[tuple[Any, ...]]]:
        """Rows of what dbt has built."""


def agreed(orders: int) -> Tables:
    """Rows of the source as it was agreed."""
    with duck.connect(settings={"threads": "1"}) as source:
        source.execute("SET TimeZone = 'UTC'")
        for statement in creation(orders):
            source.execute(statement)
        return {table.name: _rows(source, f"SELECT * FROM {SCHEMA}.{table.name}") for table in SHOP}


def _rows(source: Any, query: str) -> list[dict[str, Any]]:
    found = source.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@dataclass
class DuckSource:
    """A DuckDB file for each change: a copy of one that was made once."""

    folder: Path
    orders: int
    engine: str = DUCKDB
    schema: str = SCHEMA
    keeps: bool = True
    _used: int = field(default=0)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        with duck.connect(database=self.folder / "agreed.duckdb") as made:
            for statement in creation(self.orders):
                made.execute(statement)

    @property
    def outputs(self) -> Mapping[str, object]:
        path = "{{ env_var('" + PATH_VARIABLE + "') }}"
        settings = {"TimeZone": "UTC", "threads": 1}
        return {"type": "duckdb", "path": path, "schema": OUTPUT, "threads": 1, "settings": settings}

    @property
    def environment(self) -> Mapping[str, str]:
        return {PATH_VARIABLE: str(self._path)}

    @property
    def _path(self) -> Path:
        return self.folder / str(self._used) / "warehouse.duckdb"

    def fresh(self, statements: Sequence[str]) -> None:
        shutil.rmtree(self._path.parent, ignore_errors=True)
        self._used += 1
        self._path.parent.mkdir()
        shutil.copyfile(self.folder / "agreed.duckdb", self._path)
        with duck.connect(database=self._path) as source:
            source.execute("SET TimeZone = 'UTC'")
            for statement in statements:
                source.execute(statement)

    def keep(self) -> None:
        shutil.copyfile(self._path, self.folder / "agreed.duckdb")

    def marts(self) -> dict[str, list[tuple[Any, ...]]]:
        with duck.connect(database=self._path, settings={"access_mode": "READ_ONLY"}) as built:
            return {name: built.execute(_select(OUTPUT, name)).fetchall() for name in MARTS}


@dataclass
class PostgresSource:
    """Two schemas of their own in a PostgreSQL database, made anew for each change: a view blocks many."""

    dsn: str
    tables: Tables
    engine: str = POSTGRES
    schema: str = field(default_factory=lambda: f"shop_{uuid.uuid4().hex[:8]}")
    keeps: bool = False

    def __post_init__(self) -> None:
        with self._connected() as connection:
            connection.execute(f"CREATE SCHEMA {self._agreed}")
            for table in SHOP:
                columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
                connection.execute(f"CREATE TABLE {self._agreed}.{table.name} ({columns})")
                with connection.cursor().copy(f"COPY {self._agreed}.{table.name} FROM STDIN") as copy:
                    for row in self.tables[table.name]:
                        copy.write_row(tuple(row.values()))

    @property
    def _agreed(self) -> str:
        return f"{self.schema}_agreed"

    @property
    def _output(self) -> str:
        return f"{self.schema}_{OUTPUT}"

    @property
    def outputs(self) -> Mapping[str, object]:
        found = conninfo.conninfo_to_dict(self.dsn)
        return {
            "type": "postgres",
            "host": found.get("host", "localhost"),
            "port": int(found.get("port") or 5432),
            "user": found.get("user") or os.environ.get("USER", ""),
            "password": found.get("password") or "",
            "dbname": found.get("dbname") or "",
            "schema": self._output,
            "threads": 1,
        }

    @property
    def environment(self) -> Mapping[str, str]:
        return {"PGTZ": "UTC"}

    def fresh(self, statements: Sequence[str]) -> None:
        with self._connected() as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {self._output}, {self.schema} CASCADE")
            connection.execute(f"CREATE SCHEMA {self.schema}")
            for table in SHOP:
                made = f"CREATE TABLE {self.schema}.{table.name} AS TABLE {self._agreed}.{table.name}"
                connection.execute(made)
            for statement in statements:
                connection.execute(statement)

    def keep(self) -> None:
        """Nothing: its views would block the next change."""

    def marts(self) -> dict[str, list[tuple[Any, ...]]]:
        with self._connected() as connection:
            return {name: connection.execute(_select(self._output, name)).fetchall() for name in MARTS}

    def drop(self) -> None:
        with self._connected() as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {self._output}, {self.schema}, {self._agreed} CASCADE")

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.dsn, options="-c TimeZone=UTC") as connection:
            connection.execute("SET client_min_messages = warning")
            yield connection


def _select(schema: str, mart: str) -> str:
    return f"SELECT {', '.join(MARTS[mart])} FROM {quoted(schema, mart)}"
