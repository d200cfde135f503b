"""What was loaded, decided and changed: two tables beside the target, in the same transaction.

`etl_migrations` reads as a history: from its first row on it rebuilds the table's columns. `etl_batches` is what a load
looks its batch up in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import tuple_row

from .batch import Batch, LoadError
from .mapping import Match
from .plan import Plan
from .schema import OWN_COLUMNS, Column, Schema, SchemaError

TABLES = (
    """CREATE TABLE etl_batches (
        number bigint GENERATED ALWAYS AS IDENTITY, batch text PRIMARY KEY, source text NOT NULL, target text NOT NULL,
        fingerprint text NOT NULL, mapping jsonb NOT NULL, rows bigint NOT NULL,
        loaded_at timestamptz NOT NULL DEFAULT clock_timestamp())""",
    """CREATE TABLE etl_migrations (
        number bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
        source text NOT NULL, batch text NOT NULL, change text NOT NULL, column_name text NOT NULL, was text NOT NULL,
        becomes text NOT NULL, confidence double precision NOT NULL, reason text NOT NULL, decided_by text NOT NULL,
        UNIQUE (batch, change, column_name, was))""",
)
Statement = str | sql.SQL | sql.Composed
_TYPES = {
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
}


def names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def run(connection: Connection, statement: Statement, parameters: Any = None) -> None:
    """Never prepared: PostgreSQL refuses a prepared statement once a column of its result has another type."""
    connection.execute(statement, parameters, prepare=False)


def rows(connection: Connection, statement: Statement, parameters: Any = None) -> list[tuple[Any, ...]]:
    """All rows as tuples, whatever the connection's own row factory makes."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(statement, parameters, prepare=False).fetchall()


def lock(connection: Connection, name: str) -> None:
    """Until the transaction's end: one load of a table at a time."""
    run(connection, "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))


def make(connection: Connection) -> None:
    """Two first loads at the same time: CREATE TABLE IF NOT EXISTS would fail in one of them, so one waits."""
    if not has_table(connection, "etl_migrations"):
        lock(connection, "etl_migrations")
        if not has_table(connection, "etl_migrations"):
            for statement in TABLES:
                run(connection, statement)


def has_batch(connection: Connection, batch: str) -> bool:
    return bool(rows(connection, "SELECT 1 FROM etl_batches WHERE batch = %s", (batch,)))


def has_table(connection: Connection, table: str) -> bool:
    return bool(columns(connection, table))


def columns(connection: Connection, table: str) -> dict[str, str]:
    """Type by column of a table in the current schema, as PostgreSQL has it; empty if there is none."""
    found = rows(
        connection,
        # With its size: numeric(10,2) would round.
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
        " WHERE relnamespace = current_schema()::regnamespace AND relname = %s AND attnum > 0 AND NOT attisdropped"
        " ORDER BY attnum",
        (table,),
    )
    return {str(name): _TYPES.get(type, str(type)) for name, type in found}


def current(connection: Connection, target: Schema) -> Schema:
    """The target as it has become. LoadError if the table was not made by this loader, or has become what it can't load."""
    there = columns(connection, target.table)
    if not {"_source", "_batch"} <= set(there):
        raise LoadError(f"{target.table} is there, but this loader did not make it")
    if missing := [column.name for column in target.columns if column.name not in there]:
        raise LoadError(f"the table {target.table} lacks the column {missing[0]!r} of the schema")
    declared = {column.name: column for column in target.columns}
    found = []
    for name, type in there.items():
        if name not in OWN_COLUMNS:
            own = declared.get(name, Column(name))
            aliases = tuple(alias for alias in own.aliases if alias not in there)
            found.append(Column(name, type, own.key, aliases))
    try:
        return Schema(target.table, tuple(found))
    except SchemaError as error:
        raise LoadError(f"the table was changed by somebody else: {error}") from None


def mapping_of(
    connection: Connection, source: str, table: str, fingerprint: str | None = None
) -> dict[str, Any] | None:
    """What was decided for the last batch of that source (with the same columns); None if there was none."""
    found = rows(
        connection,
        "SELECT mapping FROM etl_batches WHERE source = %(source)s AND target = %(table)s"
        " AND fingerprint = coalesce(%(fingerprint)s, fingerprint) ORDER BY number DESC LIMIT 1",
        {"source": source, "table": table, "fingerprint": fingerprint},
    )
    return found[0][0] if found else None


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
    run(
        connection,
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
    run(
        connection,
        "INSERT INTO etl_migrations (source, batch, change, column_name, was, becomes, confidence, reason, decided_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (batch.source, batch.id, change, column, was, becomes, match.confidence, match.reason, by),
    )
