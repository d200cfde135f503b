"""What the source's own catalog says of a table: its columns, their types, its primary key."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .values import Type, of_postgres

_TABLE = """
SELECT c.oid, n.nspname, c.relname, c.relispartition, CASE WHEN r.indisprimary THEN 'd' ELSE c.relreplident::text END,
    ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY(p.indkey)
          ORDER BY array_position(p.indkey::int2[], a.attnum))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_index p ON p.indrelid = c.oid AND p.indisprimary
LEFT JOIN pg_index r ON r.indrelid = c.oid AND r.indisreplident
WHERE c.oid = to_regclass(%s)"""
# A domain has the type that lies under it; of a row type Debezium tells nothing.
_COLUMNS = """
WITH RECURSIVE kind AS (
    SELECT attnum, attname, atttypid AS type, atttypmod AS modifier, attstorage <> 'p' AS large, attgenerated <> '' AS made
    FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT attnum, attname, typbasetype, typtypmod, large, made FROM kind JOIN pg_type t ON t.oid = type WHERE typtype = 'd'
)
SELECT attname::text, format_type(type, modifier),
    CASE typtype WHEN 'c' THEN 'a row' ELSE format_type(type, NULL) END, large, made
FROM kind JOIN pg_type t ON t.oid = type WHERE typtype <> 'd' ORDER BY attnum"""
# Large values that an update leaves alone are not logged. Of these types Debezium says so; of others (numeric[], boolean[],
# timestamp[], double precision[], ...) it tells NULL, by 3.7 at least.
_TOLD = {"text", "character varying", "character", "numeric", "bytea", "json", "jsonb", "hstore"}
_TOLD |= {
    f"{one}[]"
    for one in ("text", "character varying", "json", "jsonb", "bytea", "integer", "bigint", "date", "uuid")
}


# Types of which Debezium tells nothing (include.unknown.datatypes is off by default), or too little.
_NEVER = {"a row", "jsonpath", "bit varying"}


class SourceError(Exception):
    """A table of the source can't be followed."""


@dataclass(frozen=True)
class Table:
    """schema, name: as PostgreSQL has them, without quotes. columns: in their order. key: columns of the primary key.

    generated: columns that PostgreSQL computes, and does not log; what events say of them is not to be relied on.
    without: columns that are not followed because the user said so.
    """

    schema: str
    name: str
    columns: Mapping[str, Type]
    key: tuple[str, ...]
    generated: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()

    @property
    def collection(self) -> str:
        """As the transaction metadata topic calls it."""
        return f"{self.schema}.{self.name}"

    def topic(self, prefix: str) -> str:
        """Debezium's topic for it; what Kafka allows in no name becomes an underscore."""
        return re.sub(r"[^A-Za-z0-9._-]", "_", f"{prefix}.{self.collection}")


def tables(dsn: str, names: Sequence[str], without: Collection[str] = ()) -> list[Table]:
    """Each of `names`, written as in SQL (schema.table, quotes where SQL needs them). without: schema.table.column, no quotes.

    SourceError if one is not there, is a partition, has no primary key or a replica identity without it; psycopg.Error.
    """
    import psycopg

    # Names come as text whatever the database's encoding.
    with psycopg.connect(dsn, client_encoding="UTF8") as connection:
        return [_table(connection, name, without) for name in names]


def _table(connection: Any, name: str, without: Collection[str]) -> Table:
    found = connection.execute(_TABLE, (name,)).fetchone()
    if found is None:
        raise SourceError(
            f"the source has no table {name}; write it as in SQL, schema.table, with quotes where needed"
        )
    number, schema, bare, part, identity, key = found
    if part:
        raise SourceError(
            f"{name} is a partition, whose changes are told as those of the whole table; follow that one"
        )
    if not key:
        raise SourceError(
            f"{name} has no primary key, so no event tells which of its rows was changed; "
            "add one, or leave the table out of the sink"
        )
    if identity not in ("d", "f"):
        raise SourceError(
            f"{name} has a replica identity without its primary key; ALTER TABLE {name} REPLICA IDENTITY DEFAULT"
        )
    found = connection.execute(_COLUMNS, (number,)).fetchall()
    rows = [row for row in found if f"{schema}.{bare}.{row[0]}" not in without or row[0] in key]
    if never := [f"{one} {kind}" for one, kind, plain, _, made in rows if plain in _NEVER and not made]:
        raise SourceError(
            f"of {', '.join(never)} in {name} Debezium tells nothing, or not the whole value; leave it out by --without"
        )
    untold = [
        f"{one} {kind}" for one, kind, plain, large, made in rows if large and not made and plain not in _TOLD
    ]
    if untold and identity != "f":
        raise SourceError(
            f"of a large value that an update leaves alone Debezium tells NULL for {', '.join(untold)} in {name}, and none can "
            f"tell that from a NULL; ALTER TABLE {name} REPLICA IDENTITY FULL, or leave it out by --without"
        )
    columns = {column: of_postgres(kind) for column, kind, _, _, made in rows if not made}
    generated = frozenset(column for column, *_, made in rows if made)
    left_out = frozenset(row[0] for row in found) - generated - set(columns)
    return Table(schema, bare, columns, tuple(key), generated, left_out)
