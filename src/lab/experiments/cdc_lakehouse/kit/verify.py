#!/usr/bin/env python3
"""Compare a PostgreSQL table with the Iceberg table that is fed from it, row by row and by checksum.

    python verify.py --source postgresql://user@host/db --catalog http://host:8181 --table bank.account

Needs `pip install duckdb psycopg[binary]`; DuckDB fetches its extension `iceberg` on first use. Reads only. Each side digests
its own rows, so that a row crosses the network as 32 characters. Both must be at rest, or --snapshot must name a
version of the lake that belongs to the state of the source. Ends with 0 if they agree, 1 if not, 2 on an error.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import psycopg

SHOWN = 10


@dataclass(frozen=True)
class LakeTable:
    """A table in an Iceberg REST catalog. name: namespace.table. setup: SQL for DuckDB first, such as CREATE SECRET.

    options: of DuckDB's ATTACH. snapshot: id of the version to read, else the newest.
    """

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
        """Share of all keys, of either side, whose rows are the same on both."""
        keys = self.source_rows + self.extra
        return 1 - self.wrong / keys if keys else 1.0

    @property
    def consistent(self) -> bool:
        return self.wrong == 0 and self.source_checksum == self.lake_checksum


class DifferentColumnsError(Exception):
    """The tables do not have the same columns, or one of a type that this script can't compare."""


# Type in PostgreSQL -> how each engine writes a value of it as the same text.
_MICROSECONDS = "((extract(epoch FROM {})::numeric * 1000000)::bigint)::text", "CAST(epoch_us({}) AS VARCHAR)"
_PLAIN = "{}::text", "CAST({} AS VARCHAR)"
TEXT = {
    **dict.fromkeys(
        ("bigint", "integer", "smallint", "text", "character varying", "numeric", "boolean", "date", "uuid"),
        _PLAIN,
    ),
    "timestamp with time zone": _MICROSECONDS,
    "timestamp without time zone": _MICROSECONDS,
}


def verify(
    source_dsn: str,
    table: LakeTable,
    source_table: str | None = None,
    key: str = "id",
    connection: duckdb.DuckDBPyConnection | None = None,
) -> Consistency:
    """Compare all rows and columns. source_table: schema.table, if not named as in the lake.

    connection: a DuckDB that has the extension already. DifferentColumnsError, psycopg.Error or duckdb.Error if a
    side can't be read.
    """
    name = source_table or table.name
    with psycopg.connect(source_dsn) as source:
        types = _source_types(source, name)
        schema, bare = _parts(name)
        digest = _digest([(one, TEXT[kind][0]) for one, kind in types.items()])
        rows = source.execute(f'SELECT "{key}"::text, {digest} FROM "{schema}"."{bare}"').fetchall()
    ours = {str(one): str(text) for one, text in rows}
    return compare(ours, lake_digests(table, types, key, connection))


def compare(source: Mapping[str, str], lake: Mapping[str, str]) -> Consistency:
    """Digests by key, of either side, compared."""
    kinds = {
        "missing": [key for key in source if key not in lake],
        "extra": [key for key in lake if key not in source],
        "different": [key for key in source if key in lake and source[key] != lake[key]],
    }
    return Consistency(
        len(source),
        len(lake),
        **{kind: len(keys) for kind, keys in kinds.items()},
        source_checksum=_checksum(source),
        lake_checksum=_checksum(lake),
        examples={kind: sorted(keys)[:SHOWN] for kind, keys in kinds.items() if keys},
    )


def lake_digests(
    table: LakeTable, types: Mapping[str, str], key: str, connection: duckdb.DuckDBPyConnection | None = None
) -> dict[str, str]:
    """Digest by key of the lake's rows, computed by DuckDB."""
    own = connection or _duckdb()
    own.execute(table.setup or "SELECT 1")
    own.execute("SET TimeZone = 'UTC'")
    own.execute(
        f"ATTACH OR REPLACE '' AS verified (TYPE iceberg, ENDPOINT '{table.catalog}', {table.options})"
    )
    try:
        version = f" AT (VERSION => {table.snapshot})" if table.snapshot is not None else ""
        place = f"verified.{table.name}{version}"
        found = {row[0] for row in own.execute(f"DESCRIBE SELECT * FROM {place}").fetchall()}
        _same_columns(set(types), found)
        digest = _digest([(one, TEXT[kind][1]) for one, kind in types.items()])
        rows = own.execute(f'SELECT CAST("{key}" AS VARCHAR), {digest} FROM {place}').fetchall()
        if len(rows) != len({row[0] for row in rows}):
            raise DifferentColumnsError(f"{key} is not unique in the lake: {len(rows)} rows")
        return dict(rows)
    finally:
        own.execute("DETACH verified")


def _parts(name: str) -> tuple[str, str]:
    """Schema and table of the source; a bare name is in `public`."""
    schema, _, bare = name.rpartition(".")
    return schema or "public", bare


def _source_types(source: psycopg.Connection[Any], name: str) -> dict[str, str]:
    schema, bare = _parts(name)
    rows = source.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = %s AND table_name = %s "
        "ORDER BY column_name",
        (schema, bare),
    ).fetchall()
    types: dict[str, str] = {str(one): str(kind) for one, kind in rows}
    unknown = sorted(f"{one} {kind}" for one, kind in types.items() if kind not in TEXT)
    if not types or unknown:
        raise DifferentColumnsError(
            f"{name}: can't compare {', '.join(unknown) or 'a table that is not there'}"
        )
    return types


def _same_columns(source: set[str], lake: set[str]) -> None:
    if source != lake:
        raise DifferentColumnsError(
            f"only in the source: {sorted(source - lake)}; only in the lake: {sorted(lake - source)}"
        )


def _digest(columns: list[tuple[str, str]]) -> str:
    """md5 over length-prefixed values, so that neither NULL and '' nor ('a', 'bc') and ('ab', 'c') look alike."""
    parts = []
    for name, text in columns:
        value = text.format(f'"{name}"')
        parts.append(f"coalesce(length({value})::text || ':' || {value}, '~')")
    return f"md5({' || '.join(parts)})"


def _checksum(digests: Mapping[str, str]) -> str:
    lines = "".join(f"{key}={digests[key]}\n" for key in sorted(digests))
    return hashlib.sha256(lines.encode()).hexdigest()


def _duckdb() -> duckdb.DuckDBPyConnection:
    own = duckdb.connect()
    own.execute("INSTALL iceberg; LOAD iceberg; INSTALL httpfs; LOAD httpfs")
    return own


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--source", required=True, help="connection string of PostgreSQL")
    asked.add_argument("--catalog", required=True, help="address of the Iceberg REST catalog")
    asked.add_argument("--table", required=True, help="namespace.table in the lake")
    asked.add_argument(
        "--source-table",
        help="schema.table at the source, if its name differs; schema public, if there is none",
    )
    asked.add_argument("--key", default="id", help="primary key (one column)")
    asked.add_argument(
        "--setup", default="", help="SQL for DuckDB first, such as CREATE SECRET (TYPE s3, ...)"
    )
    asked.add_argument("--options", default="AUTHORIZATION_TYPE 'none'", help="options of DuckDB's ATTACH")
    asked.add_argument("--snapshot", type=int, help="snapshot id to read")
    given = asked.parse_args()
    table = LakeTable(given.catalog, given.table, given.setup, given.options, given.snapshot)
    try:
        found = verify(given.source, table, given.source_table, given.key)
    except (DifferentColumnsError, psycopg.Error, duckdb.Error) as error:
        print(f"verify: {error}", file=sys.stderr)
        return 2
    print(f"source {found.source_rows:,} rows, lake {found.lake_rows:,}; {found.rate:.4%} of the keys agree")
    print(
        f"missing {found.missing}, extra {found.extra}, different {found.different} {dict(found.examples) or ''}"
    )
    print(f"checksums {found.source_checksum[:16]} {found.lake_checksum[:16]}")
    return 0 if found.consistent else 1


if __name__ == "__main__":
    sys.exit(main())
