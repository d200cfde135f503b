"""The shop where data can be: a DuckDB file for each change, the same as Parquet and CSV, a schema of PostgreSQL."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo

from lab import duck
from lab.experiments.contract_gate.measure.seen import CSV, PARQUET
from lab.experiments.contract_gate.workload.shop import SHOP, creation, ddl

Tables = dict[str, list[dict[str, Any]]]
FILE = "warehouse.duckdb"


def create(path: Path, orders: int, now: datetime) -> None:
    """A DuckDB file with the shop as agreed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duck.connect(database=path, settings={"threads": "1"}) as made:
        made.execute("SET TimeZone = 'UTC'")
        for statement in creation(orders, now):
            made.execute(statement)


def rows(path: Path) -> Tables:
    """All rows of a DuckDB file's shop."""
    with duck.connect(database=path, settings={"access_mode": "READ_ONLY"}) as source:
        source.execute("SET TimeZone = 'UTC'")
        found = {}
        for table in SHOP:
            answer = source.execute(f"SELECT * FROM {table.name}")
            names = [column[0] for column in answer.description]
            found[table.name] = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
        return found


def changed(agreed: Path, folder: Path, statements: Sequence[str]) -> Path:
    """A copy of a DuckDB file in a new `folder`, changed."""
    folder.mkdir(parents=True)
    path = Path(shutil.copyfile(agreed, folder / FILE))
    with duck.connect(database=path, settings={"threads": "1"}) as source:
        source.execute("SET TimeZone = 'UTC'")
        for statement in statements:
            source.execute(statement)
    return path


def exported(path: Path, folder: Path, place: str) -> Path:
    """A DuckDB file's tables as files of Parquet or CSV."""
    folder.mkdir(parents=True)
    options = {PARQUET: "FORMAT parquet", CSV: "FORMAT csv, HEADER"}[place]
    with duck.connect(database=path, settings={"access_mode": "READ_ONLY"}) as source:
        source.execute("SET TimeZone = 'UTC'")
        for (name,) in source.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            target = folder / f"{name}.{place.lower()}"
            source.execute(f"COPY {name} TO '{target}' ({options})")
    return folder


@contextmanager
def in_postgres(dsn: str, tables: Tables, statements: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(DSN whose search path it is, its name) of a schema with the shop, changed; it goes at the end."""
    schema = f"shop_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(dsn, options=f"-c TimeZone=UTC -c search_path={schema}", autocommit=True) as server:
        server.execute("SET client_min_messages = warning")
        server.execute(f"CREATE SCHEMA {schema}")
        try:
            for table in SHOP:
                server.execute(ddl(table))
                with server.cursor().copy(f"COPY {table.name} FROM STDIN") as copy:
                    for row in tables[table.name]:
                        copy.write_row(tuple(row.values()))
            for statement in statements:
                server.execute(statement)
            separator = "&" if "?" in dsn else "?"
            yield f"{dsn}{separator}options=-csearch_path%3D{schema}", schema
        finally:
            server.execute(f"DROP SCHEMA {schema} CASCADE")


def cli_server(dsn: str, schema: str) -> tuple[dict[str, object], dict[str, str]]:
    """(server, settings) by which datacontract-cli finds a schema of PostgreSQL."""
    found = conninfo.conninfo_to_dict(dsn)
    server: dict[str, object] = {
        "type": "postgres",
        "host": found.get("host") or "localhost",
        "port": int(found.get("port") or 5432),
        "database": found.get("dbname") or "postgres",
        "schema": schema,
    }
    user, password = found.get("user") or os.environ.get("USER", ""), found.get("password") or "none"
    return server, {
        "DATACONTRACT_POSTGRES_USERNAME": str(user),
        "DATACONTRACT_POSTGRES_PASSWORD": str(password),
    }
