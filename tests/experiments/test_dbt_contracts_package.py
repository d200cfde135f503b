"""The package's macro and tests on a reader's own tables: odd names, other types, empty and missing tables, foreign text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from psycopg import conninfo

from lab.experiments.dbt_contracts import PACKAGE
from lab.services.dbt import Node, dbt
from lab.services.postgres import postgres

pytestmark = pytest.mark.service

# Of each table of a reader: how it is made, what was agreed, what becomes of its model.
TABLES: dict[str, tuple[list[str], list[tuple[str, str]], str]] = {
    "odd_names": (
        [
            'CREATE TABLE src.odd_names ("Order ID" integer, "wert in €" numeric(9, 2), "select" varchar(3))',
            "INSERT INTO src.odd_names VALUES (1, NULL, 'x')",
        ],
        [("Order ID", "bigint"), ("wert in €", "numeric(12, 2)"), ("select", "text")],
        "success",
    ),
    "empty_table": (["CREATE TABLE src.empty_table (a smallint)"], [("a", "bigint")], "success"),
    "larger_numbers": (
        [
            "CREATE TABLE src.larger_numbers (a numeric(38, 0))",
            "INSERT INTO src.larger_numbers VALUES (99999999999999999999)",
        ],
        [("a", "bigint")],
        "| a ",
    ),
    "fewer_digits": (
        ["CREATE TABLE src.fewer_digits (a numeric(9, 2))"],
        [("a", "numeric(12, 4)")],
        "success",
    ),
    "capital_types": (
        ["CREATE TABLE src.capital_types (a integer, b varchar(3), c numeric(9, 2))"],
        [("a", "BIGINT"), ("b", "VARCHAR"), ("c", "Decimal(12, 4)")],
        "success",
    ),
    "a_float": (["CREATE TABLE src.a_float (a double precision)"], [("a", "numeric(12, 2)")], "| a "),
    "a_day": (["CREATE TABLE src.a_day (a date)"], [("a", "timestamp with time zone")], "| a "),
    "no_zone": (["CREATE TABLE src.no_zone (a timestamp)"], [("a", "timestamp with time zone")], "| a "),
    "lacking": (
        ["CREATE TABLE src.lacking (a integer)"],
        [("a", "bigint"), ("b", "text")],
        "missing in definition",
    ),
    "nowhere": ([], [("a", "bigint")], "has none of the columns a"),
    "capitals": (
        ['CREATE TABLE src.capitals ("Amount" integer)'],
        [("amount", "bigint")],
        "either",  # the same name to DuckDB, another one to PostgreSQL
    ),
    "texts": (
        [
            "CREATE TABLE src.texts (good text, bad text, amount numeric(9, 4), fine numeric(9, 4))",
            "INSERT INTO src.texts VALUES (NULL, 'ok', NULL, NULL), ('São Paulo, Ângela, Ã, 中, 🙂', 'MÃ¼nchen', 1.005, 1.5)",
        ],
        [("good", "text"), ("bad", "text"), ("amount", "numeric(9, 4)"), ("fine", "numeric(9, 4)")],
        "success",
    ),
}
TESTS = {
    "good": ["shop_orders.readable"],
    "bad": [
        "shop_orders.readable",
        {"shop_orders.holds": {"name": "nulls_pass", "arguments": {"expression": "good <> ''"}}},
    ],
    "amount": [{"shop_orders.fits": {"name": "rounds", "arguments": {"data_type": "numeric(9, 2)"}}}],
    "fine": [{"shop_orders.fits": {"name": "does_not_round", "arguments": {"data_type": "numeric(9, 2)"}}}],
}


def project(folder: Path, output: dict[str, Any]) -> Path:
    """A reader's project with a model for each table, made by the package's macro."""
    (folder / "models").mkdir(parents=True)
    models = [
        {
            "name": name,
            "config": {"contract": {"enforced": True}, "materialized": "view"},
            "columns": [
                {
                    "name": column,
                    "data_type": type_,
                    "quote": name == "odd_names",
                    "data_tests": TESTS.get(column, []),
                }
                for column, type_ in agreed
            ],
        }
        for name, (_, agreed, _) in TABLES.items()
    ]
    sources = [{"name": "src", "tables": [{"name": name} for name in TABLES]}]
    files = {
        "dbt_project.yml": {
            "name": "reader",
            "version": "1.0.0",
            "profile": "reader",
            "models": {"shop_orders": {"+enabled": False}},
        },
        "packages.yml": {"packages": [{"local": str(PACKAGE)}]},
        "profiles.yml": {"reader": {"target": "it", "outputs": {"it": output}}},
        "models/all.yml": {"models": models, "sources": sources},
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    for name in TABLES:
        (folder / "models" / f"{name}.sql").write_text(
            f"{{{{ shop_orders.agreed(source('src', '{name}')) }}}}"
        )
    return folder


STATEMENTS = ["CREATE SCHEMA src", *(statement for made, _, _ in TABLES.values() for statement in made)]


@contextmanager
def on_duckdb(folder: Path) -> Iterator[dict[str, Any]]:
    with duckdb.connect(str(folder / "lake.duckdb")) as connection:
        for statement in STATEMENTS:
            connection.execute(statement)
    yield {"type": "duckdb", "path": str(folder / "lake.duckdb"), "schema": "out", "threads": 1}


@contextmanager
def on_postgresql(folder: Path) -> Iterator[dict[str, Any]]:
    with postgres() as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            for statement in STATEMENTS:
                connection.execute(statement)
        known = conninfo.conninfo_to_dict(server.dsn)
        place = {
            "host": known["host"],
            "port": int(str(known["port"])),
            "user": known["user"],
            "password": "",
        }
        yield {"type": "postgres", "dbname": known["dbname"], "schema": "out", "threads": 1} | place


@pytest.mark.parametrize("engine", [on_duckdb, on_postgresql])
def test_the_macro_and_the_tests_hold_on_a_readers_own_tables(tmp_path: Path, engine: Any) -> None:
    with engine(tmp_path) as output, dbt() as warm:
        made = project(tmp_path / "reader", output)
        deps = warm.invoke(["deps"], made, parse_once=False)
        assert deps.success, deps.error
        told = warm.invoke(["build"], made)
    assert told.error == ""
    nodes = {node.name: node for node in told.nodes}
    capitals = "success" if engine is on_duckdb else "has none of the columns amount"
    for name, (_, _, due) in TABLES.items():
        due = capitals if due == "either" else due
        assert due in _became(nodes[name]), (name, nodes[name].message)
    failed = {node.name for node in told.nodes if node.status == "fail"}
    assert failed == {"shop_orders_readable_texts_bad", "rounds"}


def _became(node: Node) -> str:
    return f"{node.status} {node.message}"
