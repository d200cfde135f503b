"""What was loaded, decided and changed: two tables beside the target, in the same transaction.

`etl_migrations` reads as a history: from its first row on it rebuilds the table's columns. `etl_batches` is what a load
looks its batch up in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from psycopg import Connection, sql

from .batch import Batch, LoadError
from .mapping import Match
from .plan import Plan
from .schema import Column, Schema

TABLES = (
    """CREATE TABLE IF NOT EXISTS etl_batches (
        number bigint GENERATED ALWAYS AS IDENTITY, batch text PRIMARY KEY, source text NOT NULL, target text NOT NULL,
        fingerprint text NOT NULL, mapping jsonb NOT NULL, rows bigint NOT NULL,
        loaded_at timestamptz NOT NULL DEFAULT clock_timestamp())""",
    """CREATE TABLE IF NOT EXISTS etl_migrations (
        number bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
        source text NOT NULL, batch text NOT NULL, change text NOT NULL, column_name text NOT NULL, was text NOT NULL,
        becomes text NOT NULL, confidence double precision NOT NULL, reason text NOT NULL, decided_by text NOT NULL,
        UNIQUE (batch, change, column_name, was))""",
)
_TYPES = {
    "character varying": "text",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
}


def names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def make(connection: Connection) -> None:
    for statement in TABLES:
        connection.execute(statement)


def has_batch(connection: Connection, batch: str) -> bool:
    return connection.execute("SELECT 1 FROM etl_batches WHERE batch = %s", (batch,)).fetchone() is not None


def has_table(connection: Connection, table: str) -> bool:
    return bool(columns(connection, table))


def columns(connection: Connection, table: str) -> dict[str, str]:
    """Type by column of a table in the current schema, as PostgreSQL has it; empty if there is none."""
    rows = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name = %s ORDER BY ordinal_position",
        (table,),
    ).fetchall()
    return {str(name): _TYPES.get(type, str(type)) for name, type in rows}


def current(connection: Connection, target: Schema) -> Schema:
    """The target as it has become. LoadError if the table was not made by this loader."""
    there = columns(connection, target.table)
    if not {"_source", "_batch"} <= set(there):
        raise LoadError(f"{target.table} is there, but this loader did not make it")
    if missing := [column.name for column in target.columns if column.name not in there]:
        raise LoadError(f"the table {target.table} lacks the column {missing[0]!r} of the schema")
    declared = {column.name: column for column in target.columns}
    found = []
    for name, type in there.items():
        if name not in ("_source", "_batch"):
            own = declared.get(name, Column(name))
            found.append(Column(name, type, own.key, own.aliases))
    return Schema(target.table, tuple(found))


def mapping_of(
    connection: Connection, source: str, table: str, fingerprint: str | None = None
) -> dict[str, Any] | None:
    """What was decided for the last batch of that source (with the same columns); None if there was none."""
    row = connection.execute(
        "SELECT mapping FROM etl_batches WHERE source = %(source)s AND target = %(table)s"
        " AND fingerprint = coalesce(%(fingerprint)s, fingerprint) ORDER BY number DESC LIMIT 1",
        {"source": source, "table": table, "fingerprint": fingerprint},
    ).fetchone()
    return row[0] if row else None


def ask(connection: Connection, batch: Batch, questions: Sequence[Match]) -> None:
    for match in questions:
        _write(connection, batch, "asked", match.target or "", match.source or "", "", match, "automatic")


def created(connection: Connection, batch: Batch, target: Schema) -> None:
    for column in target.columns:
        match = Match(None, column.name, 1.0, "the table was made")
        _write(connection, batch, "created", column.name, "", column.type, match, "schema")


def migrated(connection: Connection, batch: Batch, target: Schema, made: Plan) -> None:
    """What this batch changes against the source's last one, or against the target's own names if it is the first."""
    by = {(one.source, one.target): one.by for one in made.answers}
    last = mapping_of(connection, batch.source, target.table) or {"pairs": {}, "gone": [], "scaled": []}
    scales = {one["source"]: one["scale"] for one in last["scaled"]}

    def write(change: str, column: str, was: str, becomes: str, match: Match) -> None:
        who = by.get((match.source, match.target), "automatic")
        _write(connection, batch, change, column, was, becomes, match, who)

    for column in made.added:
        match = Match(made.taken[column.name], None, 1.0, "new in the source")
        write("added", column.name, made.taken[column.name], column.type, match)
    for name, type in made.widened.items():
        write("widened", name, target.named(name).type, type, made.matches[name])
    for name, match in made.matches.items():
        source = str(match.source)
        if source != last["pairs"].get(name, name):
            write("mapped", name, source, name, match)
        if (scale := batch.scales.get(source, 1.0)) != scales.get(source, 1.0):
            write("scaled", name, source, f"x {scale:g}", match)
    for name in made.gone:
        if name not in last["gone"]:
            write("gone", name, name, "", Match(None, name, 0.0, "gone from the source"))


def loaded(connection: Connection, batch: Batch, table: str, made: Plan) -> None:
    mapping = {
        "pairs": dict(made.taken),
        "gone": list(made.gone),
        "scaled": [{"source": name, "scale": scale} for name, scale in batch.scales.items()],
    }
    connection.execute(
        "INSERT INTO etl_batches (batch, source, target, fingerprint, mapping, rows) VALUES (%s, %s, %s, %s, %s, %s)",
        (batch.id, batch.source, table, batch.fingerprint, json.dumps(mapping), len(batch.frame)),
    )


def _write(
    connection: Connection,
    batch: Batch,
    change: str,
    column: str,
    was: str,
    becomes: str,
    match: Match,
    by: str,
) -> None:
    connection.execute(
        "INSERT INTO etl_migrations (source, batch, change, column_name, was, becomes, confidence, reason, decided_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (batch.source, batch.id, change, column, was, becomes, match.confidence, match.reason, by),
    )
