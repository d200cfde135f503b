"""verify.py says "equal" of equal rows, whatever their types and the database's encoding; what it can't compare, it names."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import psycopg
import pytest

from lab import duck
from lab.experiments.cdc_lakehouse.kit.verify import Consistency, DifferentColumnsError, LakeTable, verify
from lab.services.icebergcatalog import IcebergCatalog, iceberg_catalog
from lab.services.postgres import Postgres, postgres

pytestmark = [pytest.mark.service, pytest.mark.timeout(300)]
ATTACH = "AUTHORIZATION_TYPE 'none', ACCESS_DELEGATION_MODE 'none'"


@pytest.fixture(scope="module")
def services() -> Iterator[tuple[Postgres, IcebergCatalog, duckdb.DuckDBPyConnection]]:
    with postgres() as database, iceberg_catalog() as catalog, duck.connect("iceberg") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        duck.attach_iceberg(connection, "lake", catalog.uri)
        connection.execute("CREATE SCHEMA lake.n")
        with psycopg.connect(database.dsn, autocommit=True) as source:
            source.execute("CREATE SCHEMA n")
            for name in ("LATIN1", "SQL_ASCII"):
                source.execute(
                    f"CREATE DATABASE in_{name} TEMPLATE template0 ENCODING '{name}' LC_COLLATE 'C' LC_CTYPE 'C'"
                )
        yield database, catalog, connection


def compared(services: tuple, source: str, lake: str, table: str = "n.t", **more: object) -> Consistency:
    """Both tables made by SQL, then compared."""
    database, catalog, connection = services
    dsn = str(more.pop("dsn", database.dsn))
    with psycopg.connect(dsn, client_encoding="UTF8") as own:
        own.execute("CREATE SCHEMA IF NOT EXISTS n; DROP TABLE IF EXISTS n.t")  # type: ignore[arg-type]
        own.execute(source)  # type: ignore[arg-type]
    connection.execute("DROP TABLE IF EXISTS lake.n.t")
    connection.execute(lake)
    return verify(dsn, LakeTable(catalog.uri, table, options=ATTACH), connection=connection, **more)  # type: ignore[arg-type]


KINDS = [
    ("text", "VARCHAR", "'Zoë'"),
    ("char(6)", "VARCHAR", "'ab    '"),
    ("numeric", "VARCHAR", "'1.500'"),
    ("numeric", "DECIMAL(20,3)", "1.5"),
    ("numeric(20,3)", "DECIMAL(20,3)", "100"),
    ("numeric", "VARCHAR", "'0.00'"),
    ("date", "DATE", "DATE '0044-03-15 (BC)'"),
    ("date", "DATE", "DATE '9999-12-31'"),
    ("timestamp", "TIMESTAMP", "TIMESTAMP '0044-03-15 (BC) 12:00:00.000001'"),
    ("timestamptz", "TIMESTAMPTZ", "TIMESTAMPTZ '0044-03-15 (BC) 12:00:00.5+00'"),
    ("timestamptz", "TIMESTAMPTZ", "TIMESTAMPTZ '1969-12-31 23:59:59.999999+00'"),
    ("real", "FLOAT", "0.1"),
    ("double precision", "DOUBLE", "1e-7"),
    ("double precision", "DOUBLE", "'NaN'"),
    ("bytea", "BLOB", r"'\x00\xFF'"),
    ("uuid", "VARCHAR", "'7a6ff8c1-96f9-4c4a-9df8-0b1d0a3c0a00'"),
    ("boolean", "BOOLEAN", "true"),
    ("smallint", "INTEGER", "-3"),
    ("jsonb", "VARCHAR", """'{"a": [1, 2]}'"""),
    ("text[]", "VARCHAR", """'["a","b \\"c\\"",null,"Zoë"]'"""),
    ("int[]", "VARCHAR", "'[1,null,3]'"),
    ("inet", "VARCHAR", "'10.0.0.1'"),
    ("time", "VARCHAR", "'10:11:12.5'"),
]
SPELLED = {  # where PostgreSQL writes otherwise
    "DATE '0044-03-15 (BC)'": "'0044-03-15 BC'",
    "TIMESTAMP '0044-03-15 (BC) 12:00:00.000001'": "'0044-03-15 12:00:00.000001 BC'",
    "TIMESTAMPTZ '0044-03-15 (BC) 12:00:00.5+00'": "'0044-03-15 12:00:00.5+00 BC'",
    r"'\x00\xFF'": r"'\x00ff'",
    """'["a","b \\"c\\"",null,"Zoë"]'""": """ARRAY['a', 'b "c"', NULL, 'Zoë']""",
    "'[1,null,3]'": "ARRAY[1, NULL, 3]",
}


@pytest.mark.parametrize("encoding", ["UTF8", "LATIN1", "SQL_ASCII"])
def test_equal_rows_are_equal_whatever_type_and_encoding(services: tuple, encoding: str) -> None:
    names = [f"c{number}" for number in range(len(KINDS))]
    source = ", ".join(f"{name} {kind}" for name, (kind, _, _) in zip(names, KINDS, strict=True))
    lake = ", ".join(f"{name} {kind}" for name, (_, kind, _) in zip(names, KINDS, strict=True))
    here = ", ".join(SPELLED.get(value, value) for _, _, value in KINDS)
    there = ", ".join(f"{value}::{kind}" for _, kind, value in KINDS)
    nothing = ", ".join(["NULL"] * len(names))
    dsn = services[0].dsn
    if encoding != "UTF8":
        dsn = psycopg.conninfo.make_conninfo(dsn, dbname=f"in_{encoding}".lower())
    found = compared(
        services,
        f"CREATE TABLE n.t (id int PRIMARY KEY, {source}); INSERT INTO n.t VALUES (1, {here}), (2, {nothing})",
        f"CREATE TABLE lake.n.t (id INTEGER, {lake}); INSERT INTO lake.n.t VALUES (1, {there}), (2, {nothing})",
        dsn=dsn,
    )
    assert found.consistent, found


@pytest.mark.parametrize(
    "kind", ["text", "numeric", "date", "timestamptz", "bytea", "text[]", "double precision"]
)
def test_null_is_not_a_value_and_a_value_not_another(services: tuple, kind: str) -> None:
    known, _, value = next(one for one in KINDS if one[0] == kind)
    held = next(lake for name, lake, _ in KINDS if name == known)
    found = compared(
        services,
        f"CREATE TABLE n.t (id int PRIMARY KEY, x {kind}); INSERT INTO n.t VALUES (1, NULL), (2, {SPELLED.get(value, value)})",
        f"CREATE TABLE lake.n.t (id INTEGER, x {held}); INSERT INTO lake.n.t VALUES (1, {value}::{held}), (2, NULL)",
    )
    assert (found.different, found.missing, found.extra) == (2, 0, 0)


def test_a_key_of_several_columns_and_odd_names(services: tuple) -> None:
    columns = 'a text, "b.c" uuid, "e-mail" text, "o\'clock 50%" int, "quo""te" date'
    one, two = ("7a6ff8c1-96f9-4c4a-9df8-0b1d0a3c0a0" + last for last in "01")
    rows = f"VALUES ('x', '{one}', 'q', 1, NULL), ('x', '{two}', 'q', 1, NULL)"
    found = compared(
        services,
        f'CREATE TABLE n.t ({columns}, PRIMARY KEY (a, "b.c")); INSERT INTO n.t {rows}',
        f"CREATE TABLE lake.n.t ({columns.replace('uuid', 'VARCHAR')}); INSERT INTO lake.n.t {rows}",
    )
    assert found.consistent and found.source_rows == 2


@pytest.mark.parametrize(
    ("kind", "held", "told"),
    [
        ("date", "VARCHAR", "x is date in the source, VARCHAR in the lake"),
        ("timestamptz", "VARCHAR", "x is timestamp with time zone in the source, VARCHAR in the lake"),
        ("timestamp", "TIMESTAMPTZ", "x is timestamp without time zone in the source"),
        ("interval", "VARCHAR", "can't compare x interval"),
    ],
)
def test_a_column_of_a_type_that_does_not_fit_is_named_and_may_be_left_out(
    services: tuple, kind: str, held: str, told: str
) -> None:
    source = f"CREATE TABLE n.t (id int PRIMARY KEY, x {kind}); INSERT INTO n.t VALUES (1, NULL)"
    lake = f"CREATE TABLE lake.n.t (id INTEGER, x {held}); INSERT INTO lake.n.t VALUES (1, NULL)"
    with pytest.raises(DifferentColumnsError, match=told):
        compared(services, source, lake)
    assert compared(services, source, lake, without=["x"]).consistent


def test_a_table_without_a_key_needs_to_be_told_one(services: tuple) -> None:
    source, lake = "CREATE TABLE n.t (a int, b int)", "CREATE TABLE lake.n.t (a INTEGER, b INTEGER)"
    with pytest.raises(DifferentColumnsError, match="by --key say columns"):
        compared(services, source, lake)
    assert compared(services, source, lake, key="a").consistent
