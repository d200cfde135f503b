#!/usr/bin/env python3
"""Compare a PostgreSQL table with the Iceberg table that is fed from it, row by row and by checksum.

    python verify.py --source postgresql://user@host/db --catalog http://host:8181 --table bank.account

Needs `pip install duckdb psycopg[binary]`; DuckDB fetches its extension `iceberg` on first use. Reads only. Each side digests
its own rows, so that a row crosses the network as its key and 32 characters. Both must be at rest, or --snapshot must name a
version of the lake that belongs to the state of the source. Ends with 0 if they agree, 1 if not, 2 on an error.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import psycopg


@dataclass(frozen=True)
class LakeTable:
    """A table in an Iceberg REST catalog. name: namespace.table, quotes as in SQL. setup: SQL for DuckDB first.

    options: of DuckDB's ATTACH. snapshot: id of the version to read, else the newest."""

    catalog: str
    name: str
    setup: str = ""
    options: str = "AUTHORIZATION_TYPE 'none'"
    snapshot: int | None = None


@dataclass(frozen=True)
class Consistency:
    """What `verify` found. Keys are texts; of each kind of difference the first few are in `examples`."""

    source_rows: int
    lake_rows: int
    missing: int
    extra: int
    different: int
    source_checksum: str
    lake_checksum: str
    examples: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def wrong(self) -> int:
        """Rows that are missing, too many or different."""
        return self.missing + self.extra + self.different

    @property
    def rate(self) -> float:
        """Share of the keys of both sides whose rows are the same."""
        keys = self.source_rows + self.extra
        return 1 - self.wrong / keys if keys else 1.0

    @property
    def consistent(self) -> bool:
        return self.wrong == 0 and self.source_checksum == self.lake_checksum


class DifferentColumnsError(Exception):
    """The tables do not have the same columns, or one of a type that this script can't compare."""


# Types in PostgreSQL | how it writes a value as text | types in the lake | how DuckDB writes the same text.
# Dates as days, times as µs and floating point bit by bit, since every program writes them in a way of its own; 1.5 and 1.500
# are one number; concat() does not cut off the blanks of char(n); arrays are JSON in the lake.
_TABLE = r"""
smallint, integer, bigint, oid | {}::text | TINYINT, SMALLINT, INTEGER, BIGINT, HUGEINT | CAST({} AS VARCHAR)
numeric | trim_scale({})::text | VARCHAR, DECIMAL, INTEGER, BIGINT, HUGEINT | regexp_replace(CAST({} AS VARCHAR), '\.0+$|(\.\d*[1-9])0+$', '\1')
boolean | {}::text | BOOLEAN | CAST({} AS VARCHAR)
bytea | encode({}, 'hex') | BLOB | lower(hex({}))
date | ({} - DATE '1970-01-01')::text | DATE | CAST({} - DATE '1970-01-01' AS VARCHAR)
time without time zone | {}::text | VARCHAR, TIME | CAST({} AS VARCHAR)
timestamp with time zone | ((extract(epoch FROM {})::numeric * 1000000)::bigint)::text | TIMESTAMP WITH TIME ZONE | CAST(epoch_us({}) AS VARCHAR)
timestamp without time zone | ((extract(epoch FROM {})::numeric * 1000000)::bigint)::text | TIMESTAMP | CAST(epoch_us({}) AS VARCHAR)
double precision | ('x' || encode(float8send({}), 'hex'))::bit(64)::text | DOUBLE | CAST(CAST({} AS BIT) AS VARCHAR)
real | ('x' || encode(float4send({}), 'hex'))::bit(32)::text | FLOAT | CAST(CAST({} AS BIT) AS VARCHAR)
text, character varying, character, uuid, json, jsonb, xml, inet, cidr, macaddr, citext, an enum | concat({}) | VARCHAR, UUID, JSON | CAST({} AS VARCHAR)
smallint[], integer[], bigint[], boolean[], text[], character varying[], uuid[] | array_to_json({})::text | VARCHAR | {}
"""  # noqa: E501


KINDS = {
    name: (source, dict.fromkeys(held.split(", "), lake))
    for names, source, held, lake in (re.split(r"(?<!\|) \| ", line) for line in _TABLE.strip().splitlines())
    for name in names.split(", ")
}
_COLUMNS = """
WITH RECURSIVE kind AS (  -- a domain has the type that lies under it
    SELECT attrelid, attnum, attname, atttypid AS type FROM pg_attribute
    WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT attrelid, attnum, attname, typbasetype FROM kind JOIN pg_type t ON t.oid = type WHERE typtype = 'd'
)
SELECT attname::text, CASE typtype WHEN 'e' THEN 'an enum' ELSE format_type(type, NULL) END,
    (SELECT array_position(indkey::int2[], attnum) FROM pg_index WHERE indrelid = attrelid AND indisprimary)
FROM kind JOIN pg_type t ON t.oid = type WHERE typtype <> 'd' ORDER BY attname"""


# fmt: off
def verify(
    source_dsn: str, table: LakeTable, source_table: str | None = None, key: str | Sequence[str] | None = None,
    connection: duckdb.DuckDBPyConnection | None = None, without: Sequence[str] = (),
) -> Consistency:
    # fmt: on
    """Compare all rows and columns but those in `without`. source_table: as in SQL, if not named as in the lake.

    key: columns that tell rows apart, if not the primary key's. connection: a DuckDB that has the extension already.
    DifferentColumnsError, psycopg.Error or duckdb.Error if a side can't be read.
    """
    name, own = source_table or table.name, [key] if isinstance(key, str) else key
    # Whatever the database's encoding, texts are compared as UTF-8.
    with psycopg.connect(source_dsn, client_encoding="UTF8") as source:
        types, keys = _source_columns(source, name, own, without)
        texts = {one: KINDS[kind][0] for one, kind in types.items()}
        measured = "octet_length(convert_to({0}, 'UTF8'))::text || ':' || {0}"
        listed = _selected(texts, keys, measured, "md5(convert_to({0}, 'UTF8'))")
        ((place,),) = source.execute("SELECT to_regclass(%s)::text", (name,)).fetchall()
        rows = source.execute(f"SELECT {listed} FROM {place}").fetchall()
    return compare(_by_key(rows), lake_digests(table, types, keys, connection, without))


def compare(source: Mapping[str, str], lake: Mapping[str, str]) -> Consistency:
    """Digests by key, of either side, compared."""
    kinds = {
        "missing": sorted(source.keys() - lake.keys()),
        "extra": sorted(lake.keys() - source.keys()),
        "different": sorted(key for key in source.keys() & lake.keys() if source[key] != lake[key]),
    }
    examples = {kind: keys[:10] for kind, keys in kinds.items() if keys}
    missing, extra, different = map(len, kinds.values())
    sums = _checksum(source), _checksum(lake)
    return Consistency(len(source), len(lake), missing, extra, different, *sums, examples)


# fmt: off
def lake_digests(
    table: LakeTable, types: Mapping[str, str], keys: Sequence[str],
    connection: duckdb.DuckDBPyConnection | None = None, without: Sequence[str] = (),
) -> dict[str, str]:
    # fmt: on
    """Digest by key of the lake's rows, computed by DuckDB. types: in PostgreSQL, by column."""
    own = connection or duckdb.connect()
    first = "SELECT 1" if connection else "INSTALL iceberg; LOAD iceberg; INSTALL httpfs; LOAD httpfs"
    own.execute(f"{first}; {table.setup or 'SELECT 1'}; SET TimeZone = 'UTC'")
    how = f"TYPE iceberg, ENDPOINT '{table.catalog}', {table.options}"
    own.execute(f"ATTACH OR REPLACE '' AS verified ({how})")
    try:
        place = ".".join(["verified", *map(_quoted, _parts(table.name))])
        place += f" AT (VERSION => {table.snapshot})" if table.snapshot is not None else ""
        held = dict(row[:2] for row in own.execute(f"DESCRIBE SELECT * FROM {place}").fetchall())
        texts = _lake_texts(types, {one: kind for one, kind in held.items() if one not in without})
        listed = _selected(texts, keys, "CAST(strlen({0}) AS VARCHAR) || ':' || {0}", "md5({0})")
        rows = own.execute(f"SELECT {listed} FROM {place}").fetchall()
        found = _by_key(rows)
        if len(rows) != len(found):
            raise DifferentColumnsError(f"{', '.join(keys)} is not unique in the lake: {len(rows)} rows")
        return found
    finally:
        own.execute("DETACH verified")


def _source_columns(source: Any, name: str, key: Any, without: Sequence[str]) -> tuple[dict, list[str]]:
    """Types by column, and the columns that tell rows apart."""
    rows = source.execute(_COLUMNS, (name,)).fetchall()
    types = {str(one): str(kind) for one, kind, _ in rows if one not in without}
    unknown = [f"{one} {kind}; see --without" for one, kind in types.items() if kind not in KINDS]
    if unknown or not types:
        raise DifferentColumnsError(f"{name}: can't compare {', '.join(unknown) or 'a table that is not there'}")
    keys = list(key or [one for _, one in sorted((place, one) for one, _, place in rows if place is not None)])
    if not keys or set(keys) - set(types):
        raise DifferentColumnsError(f"{name}: by --key say columns of it that tell its rows apart")
    return types, keys


def _lake_texts(types: Mapping[str, str], held: Mapping[str, str]) -> dict[str, str]:
    """How DuckDB writes each column; DifferentColumnsError for one that is not there, or of a type that does not fit."""
    if set(types) != set(held):
        lost, more = sorted(set(types) - set(held)), sorted(set(held) - set(types))
        raise DifferentColumnsError(f"only in the source: {lost}; only in the lake: {more}")
    found = {one: KINDS[kind][1].get(held[one].partition("(")[0], "") for one, kind in types.items()}
    wrong = [f"{one} is {types[one]} in the source, {held[one]} in the lake" for one in types if not found[one]]
    if wrong:
        raise DifferentColumnsError(f"can't compare: {'; '.join(wrong)}; see --without")
    return found


def _selected(texts: Mapping[str, str], keys: Sequence[str], measured: str, digest: str) -> str:
    """The key, and a digest of all values after their lengths: unlike for NULL and '', for ('a', 'bc') and ('ab', 'c')."""
    written = {one: text.replace("{}", _quoted(one)) for one, text in texts.items()}
    told = {one: measured.replace("{0}", text) for one, text in written.items()}
    parts = [f"CASE WHEN {_quoted(one)} IS NULL THEN '~' ELSE {text} END" for one, text in told.items()]
    return ", ".join([*(written[one] for one in keys), digest.replace("{0}", " || ".join(parts))])


def _by_key(rows: Sequence[tuple[Any, ...]]) -> dict[str, str]:
    """Digest by key; a key of several columns as JSON."""
    return {row[0] if len(row) == 2 else json.dumps(row[:-1], ensure_ascii=False): row[-1] for row in rows}


def _parts(name: str) -> list[str]:
    found = re.findall(r'"((?:[^"]|"")+)"|([^."]+)', name)
    return [quotes.replace('""', '"') or bare for quotes, bare in found]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _checksum(digests: Mapping[str, str]) -> str:
    return hashlib.sha256("".join(f"{key}={digests[key]}\n" for key in sorted(digests)).encode()).hexdigest()


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    # fmt: off
    asked.add_argument("--source", required=True, help="connection string of PostgreSQL")
    asked.add_argument("--catalog", required=True, help="address of the Iceberg REST catalog")
    asked.add_argument("--table", required=True, help="namespace.table in the lake, quotes as in SQL")
    asked.add_argument("--source-table", help="schema.table at the source as in SQL, if its name differs")
    asked.add_argument("--key", action="append", help="column that tells rows apart, if not the primary key's; again for more")
    asked.add_argument("--without", action="append", default=[], help="column that is not compared; again for more")
    asked.add_argument("--setup", default="", help="SQL for DuckDB first, such as CREATE SECRET (TYPE s3, ...)")
    asked.add_argument("--options", default="AUTHORIZATION_TYPE 'none'", help="options of DuckDB's ATTACH")
    asked.add_argument("--snapshot", type=int, help="id of the lake's snapshot to read, else the newest")
    # fmt: on
    given = asked.parse_args()
    table = LakeTable(given.catalog, given.table, given.setup, given.options, given.snapshot)
    try:
        found = verify(given.source, table, given.source_table, given.key, None, given.without)
    except (DifferentColumnsError, psycopg.Error, duckdb.Error) as error:
        print(f"verify: {error}", file=sys.stderr)
        return 2
    print(f"source {found.source_rows:,} rows, lake {found.lake_rows:,}; {found.rate:.4%} of the keys agree")
    told = f"missing {found.missing}, extra {found.extra}, different {found.different}"
    print(f"{told} {dict(found.examples) or ''}")
    print(f"checksums {found.source_checksum[:16]} {found.lake_checksum[:16]}")
    return 0 if found.consistent else 1


if __name__ == "__main__":
    sys.exit(main())
