"""Mutants: what each changes, that its SQL runs, on the shop's source and on a reader's own with odd names and types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import duckdb
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.experiments.dbt_contracts import Column, Mutant, Table, mutants
from lab.experiments.dbt_contracts.workload.arms import changing, stratified
from lab.experiments.dbt_contracts.workload.mutants import BENIGN, MEANING, RULES, SCHEMA
from lab.experiments.dbt_contracts.workload.shop import COLUMNS, SHOP, creation
from lab.experiments.dbt_contracts.workload.source_schema import literal, quoted, table
from lab.services.postgres import postgres

ALL = mutants(SHOP, "shop")


@pytest.fixture(scope="module")
def shop() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for statement in creation(100):
            connection.execute(statement)
        yield connection


def changed(connection: duckdb.DuckDBPyConnection, mutant: Mutant, query: str) -> Any:
    """The query's rows after a change, which is then taken back."""
    connection.execute("BEGIN")
    try:
        for statement in mutant.statements:
            connection.execute(statement)
        return connection.execute(query).fetchall()
    finally:
        connection.execute("ROLLBACK")


def one(name: str) -> Mutant:
    (found,) = [mutant for mutant in ALL if mutant.name == name]
    return found


def test_every_column_has_every_change_that_applies_to_it() -> None:
    kinds = Counter(mutant.kind for mutant in ALL)
    assert COLUMNS == 20 and kinds["drop"] == kinds["rename"] == COLUMNS
    assert kinds["null"] + kinds["null allowed"] == COLUMNS
    columns = [column for part in SHOP for column in part.columns]
    assert kinds["orphan"] == sum(column.references is not None for column in columns)
    assert kinds["duplicate"] == sum(column.unique for column in columns)
    assert kinds["new category"] == sum(bool(column.values) for column in columns)
    assert set(kinds) == {*SCHEMA, *RULES, *MEANING, *BENIGN}
    assert len({mutant.name for mutant in ALL}) == len(ALL)
    assert all(mutant.benign == (mutant.kind in BENIGN) for mutant in ALL)


@pytest.mark.parametrize(
    ("name", "query", "value"),
    [
        ("orders.status: null", "SELECT count(*) FROM shop.orders WHERE status IS NULL", 1),
        ("orders.order_id: duplicate, a row comes twice", "SELECT count(*) FROM shop.orders", 101),
        (
            "customers.email: duplicate",
            "SELECT count(*) - count(DISTINCT email) FROM shop.customers",
            1,
        ),
        (
            "orders.customer_id: orphan",
            "SELECT count(*) FROM shop.orders ANTI JOIN shop.customers USING (customer_id)",
            1,
        ),
        ("order_lines.quantity: out of range, below", "SELECT min(quantity) FROM shop.order_lines", 0),
        ("order_lines.quantity: out of range, above", "SELECT max(quantity) FROM shop.order_lines", 1001),
        (
            "orders.ordered_at: out of range, above",
            "SELECT count(*) FROM shop.orders WHERE ordered_at > now()",
            1,
        ),
        (
            "orders.total: truncation",
            "SELECT count(*) FROM shop.orders WHERE total <> floor(total)",
            0,
        ),
        ("customers.full_name: truncation", "SELECT max(length(full_name)) FROM shop.customers", 8),
        (
            "customers.city: re-encoding",
            "SELECT count(*) FROM shop.customers WHERE city = 'KÃ¶ln'",
            5,
        ),
        ("orders.total: wider type, to numeric(18, 2)", "SELECT sum(total) > 0 FROM shop.orders", True),
        ("all tables: more rows", "SELECT count(*) FROM shop.orders", 200),
        (
            "all tables: more rows",
            "SELECT count(*) FROM shop.order_lines ANTI JOIN shop.orders USING (order_id)",
            0,
        ),
    ],
)
def test_a_change_is_what_its_name_says(
    shop: duckdb.DuckDBPyConnection, name: str, query: str, value: object
) -> None:
    assert changed(shop, one(name), query) == [(value,)]


def test_a_wall_clock_of_another_zone_is_hours_off(shop: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT min(ordered_at) FROM shop.orders"
    ((before,),) = shop.execute(query).fetchall()
    ((after,),) = changed(shop, one("orders.ordered_at: time zone"), query)
    assert (before - after).total_seconds() == 5 * 3600


@pytest.mark.parametrize("mutant", [item for item in ALL if item.column], ids=lambda item: item.name)
def test_a_change_leaves_all_other_columns_as_they_are(
    shop: duckdb.DuckDBPyConnection, mutant: Mutant
) -> None:
    others = [column.name for column in table(SHOP, mutant.table).columns if column.name != mutant.column]
    query = f"SELECT DISTINCT {', '.join(others)} FROM shop.{mutant.table} ORDER BY ALL"
    assert changed(shop, mutant, query) == shop.execute(query).fetchall()


def test_changes_that_leave_the_data_as_they_are_are_no_mutants() -> None:
    known = changing(ALL, 100)
    left_out = {mutant.name for mutant in ALL} - {mutant.name for mutant in known}
    assert {"customers.email: re-encoding", "orders.currency: truncation"} <= left_out
    assert all(name.endswith(MEANING) for name in left_out)


@given(count=st.integers(1, len(ALL) + 5), seed=st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_a_part_of_them_is_of_every_kind_and_the_same_each_time(count: int, seed: int) -> None:
    chosen = stratified(ALL, count, seed)
    assert len(chosen) == min(count, len(ALL)) == len({item.name for item in chosen})
    assert len({item.kind for item in chosen}) == min(count, len({item.kind for item in ALL}))
    assert chosen == stratified(ALL, count, seed)


NAMES = st.text(st.sampled_from('aZé _."{}%;ß中'), min_size=1, max_size=6).filter(
    lambda name: name.strip() == name
)
TYPES = st.sampled_from(
    (
        *("smallint", "integer", "bigint", "numeric(10, 3)", "double precision", "boolean"),
        *("date", "text", "varchar(9)", "timestamptz"),
    )
)
FIRST = {"numeric(10, 3)": "1.5", "boolean": "true", "date": "DATE '2020-02-29'", "timestamptz": "now()"}


@st.composite
def tables(draw: st.DrawFn) -> Table:
    names = draw(st.lists(NAMES, min_size=2, max_size=5, unique_by=str.lower))
    key = Column(names[1], draw(st.sampled_from(["integer", "bigint", "text"])), unique=True)
    others = [Column(name, draw(TYPES), nullable=draw(st.booleans())) for name in names[2:]]
    return Table(names[0], (key, *others))


@given(tables(), NAMES)
@settings(max_examples=40, deadline=None)
def test_every_change_of_a_readers_own_table_runs_whatever_it_is_called(own: Table, schema: str) -> None:
    columns = ", ".join(f"{quoted(column.name)} {column.type}" for column in own.columns)
    values = ", ".join(
        FIRST.get(column.type, "'x'" if column.family == "text" else "1") for column in own.columns
    )
    with duckdb.connect() as connection:
        connection.execute(f"CREATE SCHEMA {quoted(schema)}")
        connection.execute(f"CREATE TABLE {quoted(schema, own.name)} ({columns})")
        connection.execute(f"INSERT INTO {quoted(schema, own.name)} VALUES ({values})")
        for mutant in mutants([own], schema):
            changed(connection, mutant, f"SELECT count(*) FROM {quoted(schema, own.name)}")


def test_an_empty_source_and_an_empty_table_have_changes_that_change_nothing() -> None:
    assert mutants([]) == []
    own = Table(
        "t", (Column("id", "integer", unique=True), Column("seen_at", "timestamptz", low="'2000-01-01'"))
    )
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA public")
        connection.execute("CREATE TABLE public.t (id integer, seen_at timestamptz)")
        for mutant in mutants([own]):
            assert changed(connection, mutant, "SELECT count(*) FROM public.t") == [(0,)]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Column("a", "jsonb"), "no mutants are known of type 'jsonb'"),
        (lambda: Column("a", "numeric"), "no mutants are known of type 'numeric'"),
        (lambda: Column("a", "date", values=("2020-01-01",)), "only texts and integers"),
        (lambda: Column("a", "text", low="'a'"), "has no range"),
        (lambda: Table("t", ()), "must be its key"),
        (lambda: Table("t", (Column("id", "integer"),)), "must be its key"),
        (lambda: Table("t", (Column("id", "integer", unique=True),) * 2), "has a column twice"),
    ],
)
def test_what_mutants_can_not_be_made_of_is_refused_in_words(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


def test_a_category_that_is_new_is_new_and_literals_are_quoted() -> None:
    own = Table("t", (Column("id", "integer", unique=True), Column("c", "text", values=("XX", "X", "it's"))))
    (new,) = [mutant for mutant in mutants([own]) if mutant.kind == "new category"]
    assert "'YY'" in new.statements[0] and literal("it's") == "'it''s'"


@pytest.mark.service
def test_changes_fit_into_small_columns_of_both_databases() -> None:
    """A smallint holds no key of a million, a varchar(1) no category of two letters."""
    size = Column("size", "varchar(1)", values=("X", "Y"))
    level = Column("level", "smallint", values=("1", "2"), low="1", high="2")
    parent = Table("parent", (Column("id", "smallint", unique=True), size, level))
    child = Table(
        "child",
        (
            Column("id", "integer", unique=True),
            Column("parent_id", "smallint", references=("parent", "id")),
            Column("code", "varchar(4)", references=("other", "code")),
        ),
    )
    made = (
        "CREATE SCHEMA small",
        "CREATE TABLE small.parent (id smallint, size varchar(1), level smallint)",
        "CREATE TABLE small.child (id integer, parent_id smallint, code varchar(4))",
        "INSERT INTO small.parent VALUES (1, 'X', 1), (2, 'Y', 2)",
        "INSERT INTO small.child VALUES (1, 1, 'abc'), (2, 2, 'abd')",
    )
    query = "SELECT count(*) FROM small.child AS c LEFT JOIN small.parent AS p ON p.id = c.parent_id WHERE p.id IS NULL"
    with (
        postgres() as server,
        psycopg.connect(server.dsn, autocommit=True) as other,
        duckdb.connect() as duck,
    ):
        for connection in (duck, other):
            for statement in made:
                connection.execute(statement)
            for mutant in mutants([parent, child], "small"):
                if mutant.kind in (*RULES, *BENIGN):
                    orphans = changed(connection, mutant, query)
                    assert orphans == [
                        (1 if mutant.kind == "orphan" and mutant.column == "parent_id" else 0,)
                    ] or (mutant.kind == "null"), mutant.name
