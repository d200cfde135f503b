"""Column lineage of statements whose sources are plain to see, refusals, foreign names, and SQL written from lineage."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.experiments.lineage import UnreadableSQLError, column_lineage, influences, statement
from lab.experiments.lineage.mechanism import source, table_and_column
from lab.experiments.lineage.oracle.generated_sql import TABLES, Writer
from lab.experiments.lineage.workload.readers import UNREADABLE

SCHEMA = {"a": ["id", "v", "k"], "b": ["i", "z", "id"]}


def _one(sql: str, dialect: str = "duckdb") -> tuple[set[str], set[str], set[str]]:
    """Direct sources, indirect ones and tables counted of a statement's first column."""
    found = next(iter(influences(sql, SCHEMA, dialect).values()))
    return set(found.direct), {name for name, _ in found.indirect}, set(found.rows_of)


@pytest.mark.parametrize(
    ("sql", "direct", "indirect"),
    [
        ("SELECT count(*) FROM a", set(), set()),
        ("SELECT count(1) FROM a", set(), set()),
        ("SELECT count(a.*) FROM a", set(), set()),
        ("SELECT count(DISTINCT v) FROM a", {"a.v"}, set()),
        ("SELECT rank() OVER (PARTITION BY k ORDER BY v) FROM a", set(), {"a.k", "a.v"}),
        ("SELECT sum(v) OVER w FROM a WINDOW w AS (PARTITION BY k)", {"a.v"}, {"a.k"}),
        ("SELECT CASE WHEN v > 1 THEN k ELSE id END FROM a", {"a.k", "a.id"}, {"a.v"}),
        ("SELECT CASE v WHEN 1 THEN k END FROM a", {"a.k"}, {"a.v"}),
        ("SELECT if(v > 1, k, id) FROM a", {"a.k", "a.id"}, {"a.v"}),
        ("SELECT nullif(v, k) FROM a", {"a.v"}, {"a.k"}),
        ("SELECT coalesce(v, k) FROM a", {"a.v", "a.k"}, {"a.v"}),
        ("SELECT sum(v) FILTER (WHERE k > 1) FROM a", {"a.v"}, {"a.k"}),
        ("SELECT max_by(v, k) FROM a", {"a.v"}, {"a.k"}),
        ("SELECT string_agg(v, ',' ORDER BY k) FROM a", {"a.v"}, {"a.k"}),
        ("SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY v) FROM a", {"a.v"}, set()),
        ("SELECT v FROM a ORDER BY k", {"a.v"}, set()),
        ("SELECT v FROM a ORDER BY k LIMIT 1", {"a.v"}, {"a.k"}),
        ("SELECT v AS x FROM a ORDER BY x LIMIT 1", {"a.v"}, {"a.v"}),
        ("SELECT DISTINCT v FROM a", {"a.v"}, {"a.v"}),
        ("SELECT v FROM a UNION ALL SELECT z FROM b", {"a.v", "b.z"}, set()),
        ("SELECT v FROM a EXCEPT SELECT z FROM b", {"a.v"}, {"a.v", "b.z"}),
        ("SELECT (SELECT max(z) FROM b WHERE b.i = a.k) FROM a", {"b.z"}, {"a.k", "b.i"}),
        ("SELECT exists(SELECT 1 FROM b WHERE b.i = a.k) FROM a", set(), {"a.k", "b.i"}),
        ("SELECT v FROM a WHERE k IN (SELECT i FROM b WHERE z > 1)", {"a.v"}, {"a.k", "b.i", "b.z"}),
        ("SELECT x.m FROM a, LATERAL (SELECT min(z) AS m FROM b WHERE b.i = a.k) AS x", {"b.z"}, {"a.k", "b.i"}),
        ("SELECT u.x FROM a, unnest([a.v, a.k]) AS u(x)", {"a.v", "a.k"}, {"a.v", "a.k"}),
        ("WITH a AS (SELECT * FROM a WHERE k > 1) SELECT v FROM a", {"a.v"}, {"a.k"}),
        ("SELECT v FROM a QUALIFY row_number() OVER (ORDER BY k) = 1", {"a.v"}, {"a.k"}),
        ("SELECT max(v) FROM a GROUP BY ALL", {"a.v"}, set()),
        ("SELECT list_transform([v], x -> x + k) FROM a", {"a.v", "a.k"}, set()),
        ("SELECT list_transform([v], k -> k + 1) FROM a", {"a.v"}, set()),
        ("SELECT a FROM a", {"a.id", "a.v", "a.k"}, set()),
        ("SELECT sum(v) OVER (w ORDER BY id) FROM a WINDOW w AS (PARTITION BY k)", {"a.v"}, {"a.id", "a.k"}),
        ("SELECT sum(v) OVER u FROM a WINDOW w AS (PARTITION BY k), u AS (w ORDER BY id)", {"a.v"}, {"a.id", "a.k"}),
        ("SELECT v FROM a LIMIT (SELECT max(z) FROM b)", {"a.v"}, {"b.z"}),
        ("SELECT v FROM a ORDER BY ALL LIMIT 1", {"a.v"}, {"a.v"}),
        ("SELECT v FROM (a JOIN b ON a.k = b.i)", {"a.v"}, {"a.k", "b.i"}),
        ("SELECT v FROM a NATURAL JOIN b", {"a.v"}, {"a.id", "b.id"}),
        ("SELECT v FROM a WHERE EXISTS (SELECT * FROM other AS o WHERE o.i = a.k)", {"a.v"}, {"a.k", "other.i"}),
        ("SELECT v AS k FROM a WHERE k > 1", {"a.v"}, {"a.k"}),
        ("SELECT q.s.f FROM (SELECT {'f': v} AS s FROM a) AS q", {"a.v"}, set()),
        (
            "WITH RECURSIVE r(n) AS (SELECT id FROM a UNION ALL SELECT r.n + b.z FROM r JOIN b ON b.i = r.n) "
            "SELECT n FROM r",
            {"a.id", "b.z"},
            {"a.id", "b.i", "b.z"},
        ),
    ],
)  # fmt: skip
def test_direct_and_indirect_sources(sql: str, direct: set[str], indirect: set[str]) -> None:
    assert _one(sql)[:2] == (direct, indirect)


def test_what_counts_rows_says_of_which_tables() -> None:
    assert _one("SELECT count(*) FROM a JOIN b ON a.id = b.i")[2] == {"a", "b"}
    found = influences("SELECT v, (SELECT count(*) FROM b) AS n FROM a", SCHEMA, "duckdb")
    assert found["v"].rows_of == {"a"}
    assert found["n"].rows_of == {"a", "b"}


def test_an_aggregate_that_gives_one_row_decides_on_no_row_of_what_it_is_joined_to() -> None:
    found = influences(
        "SELECT a.v, m.z FROM a, (SELECT max(z) AS z FROM b WHERE i > 1) AS m", SCHEMA, "duckdb"
    )
    assert found["v"].sources == {"a.v"}
    assert found["z"].sources == {"b.z", "b.i"}


def test_subtypes_are_openlineages() -> None:
    sql = "SELECT v, v + 1 AS w, sum(k) OVER (ORDER BY id) AS s FROM a WHERE id > 1"
    found = statement(sql, SCHEMA, "duckdb")
    kinds = [next(iter(item.direct.values())) for item in found.columns.values()]
    assert kinds == ["IDENTITY", "TRANSFORMATION", "AGGREGATION"]
    assert found.columns["s"].indirect == {("a.id", "WINDOW")}
    assert found.rows.indirect == {("a.id", "FILTER")}


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (x) AS SELECT v FROM a",
        "CREATE OR REPLACE VIEW t AS SELECT v AS x FROM a",
        "INSERT INTO t (x) SELECT v FROM a",
        "INSERT INTO t WITH c AS (SELECT v FROM a) SELECT v AS x FROM c",
        "WITH c AS (SELECT v FROM a) INSERT INTO t SELECT v AS x FROM c",
        "FROM a SELECT v AS x",
        "(SELECT v AS x FROM a)",
    ],
)
def test_statements_that_write_a_table(sql: str) -> None:
    assert column_lineage(sql, SCHEMA, "duckdb") == {"x": {"a.v"}}


def test_an_insert_fills_the_columns_of_its_table_in_their_order() -> None:
    found = column_lineage("INSERT INTO b SELECT id, v, k FROM a", SCHEMA, "duckdb")
    assert found == {"i": {"a.id"}, "z": {"a.v"}, "id": {"a.k"}}
    found = column_lineage("INSERT INTO b BY NAME SELECT id, v AS z FROM a", SCHEMA, "duckdb")
    assert found == {"id": {"a.id"}, "z": {"a.v"}}


def test_an_aggregate_whose_row_having_may_drop_decides_on_rows() -> None:
    sql = "SELECT b.z FROM b, (SELECT max(v) AS m FROM a WHERE k > 1 HAVING count(*) > 3) AS s"
    found = influences(sql, SCHEMA, "duckdb")["z"]
    assert found.sources == {"b.z", "a.k"}
    assert found.rows_of == {"a", "b"}


@pytest.mark.parametrize(("sql", "word"), UNREADABLE.items())
def test_what_cannot_be_read_is_refused_by_name(sql: str, word: str) -> None:
    with pytest.raises(UnreadableSQLError) as refusal:
        column_lineage(sql, TABLES, "duckdb")
    assert word in str(refusal.value)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT n.v FROM n NATURAL JOIN m",
        "SELECT x.v FROM (a JOIN b ON a.k = b.i) AS x",
        "SELECT sum(v) OVER nobody FROM a",
        "WITH c(x, y, z) AS (SELECT v, k FROM a) SELECT z FROM c",
        "SELECT v FROM a START WITH id = 1 CONNECT BY PRIOR id = k",
        "SELECT e FROM a, json_each(a.v) AS e",
    ],
)
def test_what_would_lose_an_influence_in_silence_is_refused(sql: str) -> None:
    with pytest.raises(UnreadableSQLError):
        column_lineage(sql, SCHEMA, "duckdb")


@pytest.mark.parametrize(
    ("sql", "dialect"), [("SELECT 1 +", "duckdb"), ("SELECT 1", "klingon"), ("(" * 2000, "duckdb")]
)
def test_no_error_of_the_parser_comes_through(sql: str, dialect: str) -> None:
    with pytest.raises(UnreadableSQLError):
        column_lineage(sql, None, dialect)


def test_without_a_schema_what_is_qualified_is_enough() -> None:
    assert column_lineage("SELECT o.total AS t FROM shop.orders AS o, customers", None, "postgres") == {
        "t": {"shop.orders.total"}
    }
    assert column_lineage("SELECT total FROM orders", None, "postgres") == {"total": {"orders.total"}}


def test_names_keep_the_spelling_of_the_catalog() -> None:
    schema = {"Main.Orders": ["Order Total", "Größe", "a.b", "日付"]}
    sql = 'SELECT "order total" AS t, größe, "A.B" AS ab, 日付 FROM main.orders'
    assert column_lineage(sql, schema, "duckdb") == {
        "t": {"Main.Orders.Order Total"},
        "größe": {"Main.Orders.Größe"},
        "ab": {'Main.Orders."a.b"'},
        "日付": {"Main.Orders.日付"},
    }


def test_names_that_differ_in_case_alone_are_two_in_postgres() -> None:
    schema = {"t": ["id", "Id"]}
    assert column_lineage('SELECT id, "Id" FROM t', schema, "postgres") == {"id": {"t.id"}, "Id": {"t.Id"}}


def test_snowflake_folds_to_capitals() -> None:
    schema = {"SALES": ["AMOUNT"]}
    assert column_lineage("select amount from sales", schema, "snowflake") == {"AMOUNT": {"SALES.AMOUNT"}}


def test_tables_of_equal_names_in_two_schemas_are_two() -> None:
    schema = {"x.t": ["id"], "y.t": ["id"]}
    found = column_lineage("SELECT x.t.id AS one, t2.id AS two FROM x.t, y.t AS t2", schema, "duckdb")
    assert found == {"one": {"x.t.id"}, "two": {"y.t.id"}}
    with pytest.raises(UnreadableSQLError, match="any of"):
        column_lineage("SELECT id FROM t", schema, "duckdb")


def test_a_table_is_found_by_the_end_of_its_name() -> None:
    assert column_lineage("SELECT * FROM flights", {"raw.flights": ["id"]}, "duckdb") == {
        "id": {"raw.flights.id"}
    }


def test_a_name_of_a_cte_hides_no_table_outside_of_it() -> None:
    sql = "SELECT a.v FROM a, (WITH a AS (SELECT z AS v FROM b) SELECT v AS w FROM a) AS s"
    assert column_lineage(sql, SCHEMA, "duckdb") == {"v": {"a.v"}}


def test_an_empty_table_of_the_schema_is_no_open_one() -> None:
    with pytest.raises(UnreadableSQLError):
        column_lineage("SELECT x FROM empty", {"empty": []}, "duckdb")


@given(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12))
def test_a_source_can_be_taken_apart(table: str, column: str) -> None:
    if not column.startswith('"') or {".", '"'} & set(column):
        assert table_and_column(source(table, column)) == (table, column)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 5))
def test_sql_that_was_written_from_lineage_is_read_back(seed: int, depth: int) -> None:
    written = Writer(random.Random(seed), depth).statement()
    found = influences(written.text, TABLES, "duckdb")
    told = {name: (set(flow.direct), set(flow.sources), set(flow.rows_of)) for name, flow in found.items()}
    truth = {
        name: (set(item.direct), set(item.direct | item.decides), set(item.rows))
        for name, item in written.truth.items()
    }
    assert told == truth, written.text
