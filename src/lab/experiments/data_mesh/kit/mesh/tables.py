"""What a database tells of a published table: its columns with their types, and answers to queries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_FAMILY = {
    name: family
    for family, names in {
        "integer": "tinyint,smallint,integer,bigint,hugeint,utinyint,usmallint,uinteger,ubigint,uhugeint,int,int2,int4,int8",
        "decimal": "numeric,decimal",
        "float": "real,double precision,double,float,float4,float8",
        "text": "text,character varying,varchar,character,bpchar,char,string",
        "boolean": "boolean,bool",
        "date": "date",
        "timestamp": "timestamp,timestamp without time zone,timestamp_s,timestamp_ms,timestamp_ns",
        "timestamptz": "timestamptz,timestamp with time zone",
    }.items()
    for name in names.split(",")
}
_ENGINES = {"duckdb": "duckdb", "_duckdb": "duckdb", "psycopg": "postgres", "psycopg2": "postgres"}
NUMBERS, TIMES = ("integer", "decimal", "float"), ("date", "timestamp", "timestamptz")


@dataclass(frozen=True)
class Publication:
    """One version of what a publisher publishes: the tables and views of `schema`.

    connection: of psycopg 3, psycopg2 or DuckDB, with the rights of the publisher; it is only read. at: the moment from
    which freshness is reckoned, with its time zone; now, if None.
    """

    publisher: str
    version: str
    connection: Any
    schema: str
    at: datetime | None = None


def columns(publication: Publication, dataset: str) -> dict[str, str]:
    """Names and types of a dataset's columns, as the database names them; empty if there is no such table or view."""
    connection = publication.connection
    return dict(ask(connection, _CATALOGS[engine_of(connection)](publication.schema, dataset)))


def family_of(type_: str) -> str:
    """The family of a type as the database names it; "" for any other."""
    return _FAMILY.get(re.sub(r"\([^()]*\)", "", type_.lower()).strip(), "")


def same_type(needed: str, type_: str) -> bool:
    family = family_of(needed)
    return family == family_of(type_) if family else needed.lower() == type_.lower()


def sql_moment(moment: datetime, family: str) -> str:
    utc = moment.astimezone(UTC)
    if family == "timestamptz":
        return f"TIMESTAMPTZ '{utc.isoformat()}'"
    return f"DATE '{utc:%Y-%m-%d}'" if family == "date" else f"TIMESTAMP '{utc:%Y-%m-%d %H:%M:%S.%f}'"


def quoted(*names: str) -> str:
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def engine_of(connection: Any) -> str:
    module = type(connection).__module__.partition(".")[0]
    if module not in _ENGINES:
        raise ValueError(f"a connection of psycopg or DuckDB is needed, not of {module}")
    return _ENGINES[module]


def ask(connection: Any, sql: str) -> list[tuple[Any, ...]]:
    cursor = _cursor(connection)
    return list((cursor.execute(sql) or cursor).fetchall())


def _cursor(connection: Any) -> Any:
    """One whose rows are tuples, whatever the connection's are by default: dictionaries lose columns of the same name."""
    driver = type(connection).__module__.partition(".")[0]
    if driver == "psycopg":
        from psycopg.rows import tuple_row

        return connection.cursor(row_factory=tuple_row)
    if driver == "psycopg2":
        from psycopg2.extensions import cursor

        return connection.cursor(cursor_factory=cursor)
    return connection  # DuckDB: a cursor is another session, which would not see temporary tables


def _postgres_columns(schema: str, dataset: str) -> str:
    # Not information_schema, which leaves out materialized views and what others own. A domain is its base type here.
    return (
        "SELECT a.attname, format_type(CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END, "
        "CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END) FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"JOIN pg_type t ON t.oid = a.atttypid WHERE n.nspname = {literal(schema)} AND c.relname = {literal(dataset)} "
        "AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
    )


def _duckdb_columns(schema: str, dataset: str) -> str:
    return (
        "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = current_database() "
        f"AND lower(schema_name) = lower({literal(schema)}) AND lower(table_name) = lower({literal(dataset)}) "
        "ORDER BY column_index"
    )


_CATALOGS = {"postgres": _postgres_columns, "duckdb": _duckdb_columns}
