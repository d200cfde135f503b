"""Verification and broker on kinds of data, drivers and words that are known to trip such programs; a test for each kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from psycopg.rows import dict_row, namedtuple_row

from lab.experiments.data_mesh import (
    Broker,
    Expectation,
    ExpectationError,
    Fresh,
    Need,
    Publication,
    read,
    verify,
)
from lab.experiments.data_mesh.kit.mesh import columns
from lab.experiments.data_mesh.kit.mesh.__main__ import gate, main
from lab.services.postgres import postgres

AT = datetime(2026, 4, 15, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as made:
        yield made.dsn


@pytest.fixture(params=["duckdb", "psycopg"])
def connection(request: pytest.FixtureRequest) -> Iterator[Any]:
    """With an empty schema `shop`."""
    if request.param == "duckdb":
        with duckdb.connect() as made:
            made.execute("CREATE SCHEMA shop")
            yield made
    else:
        with psycopg.connect(request.getfixturevalue("server"), autocommit=True) as made:
            made.execute("DROP SCHEMA IF EXISTS shop CASCADE")
            made.execute("CREATE SCHEMA shop")
            yield made


def broken(connection: Any, **needed: Any) -> set[tuple[str, str]]:
    found = verify(
        Publication("shop", "1", connection, "shop", AT), Expectation("reader", "shop", "t", **needed)
    )
    return {(each.field, each.rule) for each in found}


@pytest.mark.parametrize("type_", ["real", "double precision", "numeric(9, 2)"])
def test_a_decimal_in_a_need_is_the_columns_own_value_of_it(connection: Any, type_: str) -> None:
    connection.execute(f"CREATE TABLE shop.t (x {type_})")
    connection.execute("INSERT INTO shop.t VALUES (0.1)")
    assert (
        broken(connection, fields={"x": Need(one_of=(0.1,), includes=(0.1,), minimum=0.1, maximum=0.1)})
        == set()
    )
    assert broken(connection, fields={"x": Need(minimum=0.11, maximum=1e300)}) == {("x", "minimum")}


def test_hundreds_of_rules_are_verified_in_seconds(connection: Any) -> None:
    # In one scan DuckDB planned for minutes, and PostgreSQL refused more than 1,664 results.
    names = [f"c{number}" for number in range(90)]
    connection.execute(f"CREATE TABLE shop.t ({', '.join(f'{name} text' for name in names)})")
    connection.execute(f"INSERT INTO shop.t SELECT {', '.join(repr('a') for _ in names)}")
    fields = {
        name: Need(nulls=False, one_of=("a", "b"), includes=("a", *"b" * (name == "c80"))) for name in names
    }
    many = fields | {"c1": Need(includes=tuple(map(str, range(700))))}
    assert broken(connection, fields=fields) == {("c80", "includes")}
    found = verify(Publication("shop", "1", connection, "shop", AT), Expectation("reader", "shop", "t", many))
    assert len(found) == 701


def test_a_long_value_is_told_by_its_beginning_alone(connection: Any) -> None:
    connection.execute("CREATE TABLE shop.t AS SELECT repeat('private ', 1000) AS x")
    (each,) = verify(
        Publication("shop", "1", connection, "shop", AT),
        Expectation("reader", "shop", "t", {"x": Need(one_of=("a",))}),
    )
    assert each.message.endswith("such as " + "private " * 5)


@pytest.mark.parametrize("factory", [dict_row, namedtuple_row])
def test_rows_of_a_connection_may_be_dictionaries(server: str, factory: Any) -> None:
    with psycopg.connect(server, row_factory=factory) as made:
        made.execute("CREATE TEMPORARY TABLE t AS SELECT 1 AS x, 2 AS y")
        (schema,) = made.execute(
            "SELECT nspname AS n FROM pg_namespace WHERE oid = pg_my_temp_schema()"
        ).fetchall()
        name = schema["n"] if isinstance(schema, dict) else schema.n
        publication = Publication("shop", "1", made, name, AT)
        assert columns(publication, "t") == {"x": "integer", "y": "integer"}
        stated = Expectation("reader", "shop", "t", {"x": Need("integer", minimum=2)}, key=("x",))
        assert [each.rule for each in verify(publication, stated)] == ["minimum"]
        made.rollback()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Fresh("x", 1e9), "at most a million"),
        (lambda: Fresh("x", 0), "more than 0"),
        (lambda: Fresh("x", float("nan")), "more than 0"),
        (lambda: Need(minimum=2, maximum=1), "from 2 to 1"),
        (lambda: Expectation("c", "p", "d", {"x": Need()}, key=("x", "x")), "twice"),
        (lambda: Expectation("c", "p", "d", rows=-1), "whole number"),
        (lambda: Expectation("c", "p", "d", rows=1.5), "whole number"),  # type: ignore[arg-type]
    ],
)
def test_what_nothing_can_meet_is_refused(make: Any, said: str) -> None:
    with pytest.raises(ExpectationError, match=said):
        make()


def test_merged_keys_of_yaml_may_be_said_again_and_own_ones_may_not(tmp_path: Path) -> None:
    path = tmp_path / "e.yml"
    head = "consumer: c\npublisher: p\ndataset: d\nfields:\n  a: &text {type: text, nulls: false}\n"
    path.write_text(head + "  b: {<<: *text, nulls: true}\n")
    assert read(path).fields == {"a": Need("text", False), "b": Need("text", True)}
    path.write_text(head + "  b: {<<: *text, nulls: true, nulls: false}\n")
    with pytest.raises(ExpectationError, match="'nulls' is there twice"):
        read(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [("consumer: Zoë\n".encode("latin-1"), "utf-8"), (b"fields: {? [a] : {}}", "no YAML")],
)
def test_files_in_other_encodings_and_shapes_are_refused_with_their_name(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "e.yml").write_bytes(content)
    with pytest.raises(ExpectationError, match=rf"e\.yml: .*{said}"):
        read(tmp_path / "e.yml")


def test_a_byte_order_mark_is_no_part_of_a_document(tmp_path: Path) -> None:
    stated = {"consumer": "c", "publisher": "p", "dataset": "d"}
    for name in ("e.json", "e.yml"):
        (tmp_path / name).write_text("\ufeff" + json.dumps(stated))
        assert read(tmp_path / name) == Expectation("c", "p", "d")


@pytest.fixture
def broker(tmp_path: Path) -> Broker:
    """A reader in production that nobody was verified for."""
    made = Broker(tmp_path / "broker.db")
    made.add("shop", "a" * 40)
    made.add("reader", "1", [Expectation("reader", "shop", "t", {"x": Need()})])
    made.deploy("reader", "1", "production", force=True)
    return made


def test_a_misspelt_environment_where_nobody_is_does_not_open_the_gate(
    broker: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["can-i-deploy", str(broker.path), "shop", "a" * 40]
    assert main([*asked, "production"]) == 1 and main([*asked, "prodction"]) == 2
    assert "known are production" in capsys.readouterr().err
    with pytest.raises(ValueError, match="known are production"):
        gate(broker, "shop", "prodction", ["0 1 refs/heads/main"])
    broker.deploy("shop", "a" * 40, "staging")  # this is how an environment comes to be
    assert main([*asked, "staging"]) == 0


@pytest.mark.parametrize("length", [40, 64])
def test_a_branch_is_not_deleted_whatever_the_length_of_its_names(
    broker: Broker, length: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate(broker, "shop", "production", [f"{'a' * length} {'0' * length} refs/heads/main"]) == 1
    assert "main can't be deleted" in capsys.readouterr().out
