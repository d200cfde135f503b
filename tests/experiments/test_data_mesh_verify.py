"""What a consumer needs, and whether a publication is that: on a reader's own and on foreign data, on both engines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.experiments.data_mesh import (
    Expectation,
    ExpectationError,
    Fresh,
    Need,
    Publication,
    grants,
    parse,
    read,
    verify,
)
from lab.services.postgres import postgres

AT = datetime(2026, 4, 15, 9, tzinfo=UTC)
Engine = Callable[[str], Any]


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


def broken(
    connection: Any, *statements: str, at: datetime | None = AT, **needed: Any
) -> set[tuple[str, str]]:
    """(field, rule) of what is not as `t` is needed, after `statements`."""
    for statement in statements:
        connection.execute(statement)
    expectation = Expectation("reader", "shop", "t", **needed)
    return {
        (each.field, each.rule)
        for each in verify(Publication("shop", "1", connection, "shop", at), expectation)
    }


def test_each_rule_tells_what_breaks_it_and_nothing_else(connection: Any) -> None:
    connection.execute(
        "CREATE TABLE shop.t (id integer, state varchar(9), price numeric(9, 2), paid boolean, seen timestamp)"
    )
    rows = "(1, 'a', 1, true, '2026-04-15 08:00'), (1, 'b', -2, true, '2026-04-01'), (NULL, NULL, NULL, NULL, NULL)"
    connection.execute(f"INSERT INTO shop.t VALUES {rows}")
    fields = {
        "id": Need("integer", nulls=False),
        "state": Need("text", one_of=("a",), includes=("a", "c")),
        "price": Need("decimal", minimum=0, maximum=0.5),
        "paid": Need("boolean", one_of=(True,), includes=(False,)),
        "seen": Need(),
    }
    found = broken(connection, fields=fields, key=("id",), fresh=Fresh("seen", 24), rows=4)
    assert found == {
        *(("", "rows"), ("id", "nulls"), ("id", "key"), ("state", "one_of"), ("state", "includes")),
        *(("price", "minimum"), ("price", "maximum"), ("paid", "includes")),
    }


def test_a_need_that_is_met_says_nothing_and_no_rule_is_of_unstated_fields(connection: Any) -> None:
    made = "CREATE TABLE shop.t (id bigint, state text, unused text)"
    rows = "INSERT INTO shop.t VALUES (1, 'a', NULL), (2, 'b', 'x')"
    fields = {"id": Need("integer", nulls=False), "state": Need("text", one_of=("a", "b"), includes=("b",))}
    assert broken(connection, made, rows, fields=fields, key=("id", "state")) == set()


@pytest.mark.parametrize(
    ("type_", "needed", "due"),
    [
        ("smallint", "integer", True),
        ("bigint", "int", True),
        ("numeric(38, 0)", "integer", False),
        ("numeric(18, 4)", "decimal", True),
        ("real", "decimal", False),
        ("char(3)", "text", True),
        ("varchar(3)", "VARCHAR", True),
        ("timestamp", "timestamptz", False),
        ("timestamp", "timestamp(3)", True),
        ("timestamptz", "timestamp with time zone", True),
        ("uuid", "uuid", True),
        ("uuid", "text", False),
        ("integer[]", "integer", False),
        ("json", "text", False),
    ],
)
def test_a_wider_type_of_the_same_family_will_do_and_no_other(
    connection: Any, type_: str, needed: str, due: bool
) -> None:
    found = broken(connection, f"CREATE TABLE shop.t (x {type_})", fields={"x": Need(needed)}, rows=0)
    assert found == (set() if due else {("x", "type")})


def test_nan_is_within_no_bounds_and_infinity_within_some(connection: Any) -> None:
    rows = "INSERT INTO shop.t SELECT CAST(v AS double precision) FROM (VALUES ('NaN'), ('Infinity'), ('1')) AS made(v)"
    connection.execute("CREATE TABLE shop.t (x double precision)")
    assert broken(connection, rows, fields={"x": Need("float", minimum=0)}) == {("x", "minimum")}
    assert (
        broken(
            connection,
            "DELETE FROM shop.t WHERE isnan(x)"
            if isinstance(connection, duckdb.DuckDBPyConnection)
            else "DELETE FROM shop.t WHERE x = 'NaN'",
            fields={"x": Need("float", minimum=0)},
        )
        == set()
    )
    assert broken(connection, fields={"x": Need("float", maximum=10)}) == {("x", "maximum")}


@pytest.mark.parametrize("type_", ["timestamptz", "timestamp", "date"])
@pytest.mark.parametrize(
    ("values", "due"),
    [
        (["2026-04-15 08:00"], True),
        (["2026-04-13 08:00"], False),
        (
            ["2026-04-13 08:00", "2099-01-01 00:00"],
            False,
        ),  # one row of the future does not hide a stale table
        (["2026-04-13 08:00", "infinity"], False),
        (["1969-12-31 23:59", "0044-03-15 12:00 BC"], False),
        ([None], False),
    ],
)
def test_freshness_is_the_newest_row_that_is_not_of_the_future(
    connection: Any, type_: str, values: list[str | None], due: bool
) -> None:
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE TABLE shop.t (x {type_})")
    if isinstance(connection, duckdb.DuckDBPyConnection):
        values = [value and value.replace("12:00 BC", "(BC) 12:00") for value in values]
        if type_ == "date":
            values = [value and value.replace("(BC) 12:00", "(BC)") for value in values]
    listed = ", ".join("(NULL)" if value is None else f"('{value}')" for value in values)
    found = broken(
        connection, f"INSERT INTO shop.t VALUES {listed}", fields={"x": Need()}, fresh=Fresh("x", 24)
    )
    assert found == (set() if due else {("x", "fresh")})


def test_an_empty_table_verifies_nothing_and_a_missing_one_is_told(connection: Any) -> None:
    fields = {"x": Need(nulls=False, includes=("a",))}
    assert broken(connection, fields=fields) == {("", "published")}
    assert broken(connection, "CREATE TABLE shop.t (x text)", fields=fields) == {("", "rows")}


def test_odd_names_and_values_are_taken_as_they_are(connection: Any) -> None:
    connection.execute('CREATE TABLE shop.t ("a ""b"".c; --" text, "größe %s" text)')
    connection.execute("INSERT INTO shop.t VALUES ('it''s {count} 100 %', '中')")
    fields = {'a "b".c; --': Need(one_of=("it's {count} 100 %",)), "größe %s": Need(includes=("中",))}
    assert broken(connection, fields=fields) == set()
    assert broken(connection, fields={"x'; DROP TABLE shop.t; --": Need()}) == {
        ("x'; DROP TABLE shop.t; --", "published")
    }
    assert broken(connection, fields=fields) == set()


def test_a_view_is_verified_like_a_table(connection: Any) -> None:
    assert broken(
        connection, "CREATE VIEW shop.t AS SELECT 1 AS x", fields={"x": Need("integer", minimum=2)}
    ) == {("x", "minimum")}


def test_a_rule_that_a_type_can_not_have_is_a_break_and_no_error(connection: Any) -> None:
    connection.execute("CREATE TABLE shop.t (x text, y json, z integer)")
    connection.execute("INSERT INTO shop.t VALUES ('1', '{}', 1), ('1', '{}', 1)")
    fields = {
        "x": Need(minimum=0, one_of=(1, 2)),
        "y": Need(one_of=("{}",)),
        "z": Need(one_of=("1",), includes=(True,)),
    }
    found = broken(connection, fields=fields, key=("y",), fresh=Fresh("z", 1))
    assert found == {
        *(("x", "minimum"), ("x", "one_of"), ("y", "key"), ("z", "one_of"), ("z", "includes"), ("z", "fresh"))
    }


def test_keys_that_are_equal_as_numbers_and_not_as_text_are_one(connection: Any) -> None:
    made = ("CREATE TABLE shop.t (x numeric(9, 3))", "INSERT INTO shop.t VALUES (1.0), (1.000), (2)")
    assert broken(connection, *made, fields={"x": Need()}, key=("x",)) == {("x", "key")}


def test_capitals_count_on_postgresql_alone(connection: Any) -> None:
    found = broken(connection, 'CREATE TABLE shop.t ("Amount" integer)', fields={"amount": Need()}, rows=0)
    assert found == (
        set() if isinstance(connection, duckdb.DuckDBPyConnection) else {("amount", "published")}
    )


def test_domains_enumerations_and_materialized_views_of_postgresql(server: str) -> None:
    with psycopg.connect(server) as connection:
        for statement in (
            "CREATE SCHEMA odd",
            "CREATE DOMAIN odd.price AS numeric(9, 2)",
            "CREATE TYPE odd.state AS ENUM ('a', 'b')",
            "CREATE TABLE odd.base (p odd.price, s odd.state)",
            "INSERT INTO odd.base VALUES (1, 'a')",
            "CREATE MATERIALIZED VIEW odd.t AS SELECT * FROM odd.base",
        ):
            connection.execute(statement)
        fields = {"p": Need("decimal", minimum=0), "s": Need("odd.state", one_of=("a", "c"), includes=("b",))}
        found = verify(
            Publication("shop", "1", connection, "odd", AT), Expectation("reader", "shop", "t", fields)
        )
        assert [str(each) for each in found] == ["reader needs t.s: no row has b"]
        connection.rollback()


def test_what_can_not_be_used_is_refused_in_words() -> None:
    other = Expectation("reader", "another", "t", {})
    with duckdb.connect() as connection, pytest.raises(ValueError, match="of another, not of shop"):
        verify(Publication("shop", "1", connection, "main"), other)
    with duckdb.connect() as connection, pytest.raises(ValueError, match="no time zone"):
        verify(
            Publication("shop", "1", connection, "main", datetime(2026, 1, 1)),
            Expectation("r", "shop", "t", {}),
        )
    with pytest.raises(ValueError, match="psycopg or DuckDB"):
        verify(Publication("shop", "1", object(), "main"), Expectation("r", "shop", "t", {}))


def test_grants_name_what_is_stated_and_is_there() -> None:
    with duckdb.connect() as connection:
        connection.execute('CREATE TABLE t (a integer, "b c" integer, d integer)')
        publication = Publication("shop", "1", connection, "main")
        stated = Expectation("reader", "shop", "t", {"a": Need(), "b c": Need(), "gone": Need()})
        another = Expectation("reader", "shop", "t", {"d": Need(), "gone": Need()})
        missing = Expectation("reader", "shop", "nowhere", {"a": Need()})
        assert grants(publication, [stated, another, missing], 'the "role"') == [
            'REVOKE SELECT ON "main"."t" FROM "the ""role"""',
            'GRANT SELECT ("a", "b c", "d") ON "main"."t" TO "the ""role"""',
        ]
        assert grants(publication, [], "role") == []


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("fields: {a: {typ: text}}", "fields.a has no 'typ'"),
        ("fields: {a: {one_of: [NO, SE]}}", "Put texts in quotes"),  # YAML reads NO as false
        ("fields: {on: {}}", "put its name in quotes"),
        ("fields: {a: {minimum: 2020-01-01}}", "minimum is a number"),
        ("fields: {a: {maximum: .nan}}", "maximum is a number"),
        ("fields: {a: {one_of: yes}}", "one_of is a list"),
        ("fields: {a: {nulls: 0}}", "nulls is true or false"),
        ("fields: {a: {type: text}, a: {}}", "'a' is there twice"),
        ("fields: [a, b]", "no mapping"),
        ("key: [a]", "list it under fields too"),
        ("fresh: {field: a, hours: 1}", "list it under fields too"),
        ("fresh: {field: a, hours: soon}", "fresh.hours is a number"),
        ("consumer: 7", "consumer is missing"),
        ("what: now", "has no 'what'"),
        ('fields: {a: {one_of: ["\\0"]}}', "NUL character"),
        ("fields: {a: {", "no YAML"),
    ],
)
def test_what_can_not_be_meant_is_refused_with_its_place(tmp_path: Path, document: str, said: str) -> None:
    path = tmp_path / "e.yml"
    head = "" if document.startswith("consumer") else "consumer: c\n"
    path.write_text(f"{head}publisher: p\ndataset: d\n{document}\n")
    with pytest.raises(ExpectationError, match=r"e\.yml") as refused:
        read(path)
    assert said in str(refused.value)


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=5)
VALUES = st.one_of(
    st.lists(TEXTS, max_size=3),
    st.lists(st.integers(), max_size=3),
    st.lists(st.booleans(), max_size=2),
)
NEEDS = st.builds(
    Need,
    st.sampled_from(["", "text", "integer"]),
    st.booleans(),
    VALUES.map(tuple),
    VALUES.map(tuple),
    st.none() | st.integers(max_value=0) | st.floats(max_value=0, allow_nan=False, allow_infinity=False),
    st.none() | st.integers(min_value=0),
)


@given(st.dictionaries(TEXTS, NEEDS, max_size=4), st.integers(0, 10))
def test_an_expectation_is_the_same_once_written_and_read(fields: dict[str, Need], rows: int) -> None:
    made = Expectation("c", "p", "d", fields, tuple(fields)[:1], rows=rows)
    again = parse(json.loads(made.dumps()))
    assert again == made and again.digest == made.digest
