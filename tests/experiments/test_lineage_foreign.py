"""Kinds of faults that others have reported of readers of SQL, each with an input of our own and the right answer.

Sources, read in November 2026: tobymao/sqlglot issues 2510, 2515, 2780, 4594 and pull request 6185; reata/sqllineage
issues 189, 213, 331, 374, 423, 475, 481, 486, 507, 530, 613, 629, 654, 713; OpenLineage/OpenLineage issue 3374;
Oisix/dbt-column-lineage issue 90; tobilg/polyglot issue 245; open-metadata/OpenMetadata issue 26670.
"""

from __future__ import annotations

import pytest

from lab.experiments.lineage import UnreadableSQLError, column_lineage, influences

SHOP = {
    "shop.orders": ["id", "buyer", "cents", "status", "placed"],
    "shop.buyers": ["id", "name", "town"],
    "shop.returns": ["order_id", "cents"],
}


def _direct(sql: str, dialect: str = "duckdb") -> dict[str, set[str]]:
    return column_lineage(sql, SHOP, dialect)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT sum((SELECT max(o.cents) FROM shop.orders AS o)) AS x FROM shop.orders",
        "SELECT 1 + (SELECT max(cents) FROM shop.orders) AS x FROM shop.orders AS orders",
        "WITH c AS (SELECT o.cents AS v FROM shop.orders AS o) SELECT sum((SELECT v FROM c)) AS x FROM c",
    ],
)
def test_a_subquery_within_a_function_over_the_same_table(sql: str) -> None:
    assert _direct(sql) == {"x": {"shop.orders.cents"}}


def test_a_qualified_star_in_a_join_is_of_one_table() -> None:
    found = _direct("SELECT b.*, r.cents FROM shop.buyers AS b JOIN shop.returns AS r ON r.order_id = b.id")
    assert found == {
        "id": {"shop.buyers.id"}, "name": {"shop.buyers.name"}, "town": {"shop.buyers.town"}, "cents": {"shop.returns.cents"},
    }  # fmt: skip


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT cents FROM ((SELECT cents FROM shop.returns)) AS t",
        "SELECT * FROM (((SELECT cents FROM shop.returns))) AS t",
        "((SELECT cents FROM shop.returns))",
        "SELECT t.cents FROM ((shop.returns AS t JOIN shop.orders AS o ON t.order_id = o.id))",
    ],
)
def test_brackets_in_brackets(sql: str) -> None:
    assert _direct(sql) == {"cents": {"shop.returns.cents"}}


def test_ctes_that_read_ctes_come_to_the_table() -> None:
    sql = """
    WITH one AS (SELECT buyer AS who, cents AS c FROM shop.orders), two AS (SELECT who, max(c) AS m FROM one GROUP BY who),
    three AS (SELECT t.* FROM two AS t) SELECT w.who, w.m AS most FROM three AS w
    """
    assert _direct(sql) == {"who": {"shop.orders.buyer"}, "most": {"shop.orders.cents"}}


def test_a_star_over_a_star_with_a_number_for_each_row_keeps_every_column() -> None:
    sql = """
    WITH numbered AS (SELECT *, row_number() OVER (PARTITION BY buyer ORDER BY placed DESC) AS n FROM shop.orders),
    last AS (SELECT * FROM numbered WHERE n = 1)
    SELECT l.id, concat(l.status, ' ', l.buyer) AS label FROM last AS l
    """
    found = influences(sql, SHOP, "trino")
    assert set(found["label"].direct) == {"shop.orders.status", "shop.orders.buyer"}
    assert {"shop.orders.placed", "shop.orders.buyer"} <= {name for name, _ in found["id"].indirect}


def test_what_stands_in_a_window_alone_is_told_and_is_no_value() -> None:
    found = influences(
        "SELECT row_number() OVER (PARTITION BY buyer ORDER BY placed) AS n FROM shop.orders", SHOP, "duckdb"
    )
    assert (dict(found["n"].direct), found["n"].sources) == ({}, {"shop.orders.buyer", "shop.orders.placed"})


def test_a_filter_by_exists_over_joins_with_bracketed_names() -> None:
    sql = """
    SELECT [src].[name] FROM [shop].[buyers] [src] WHERE EXISTS (
        SELECT 1 FROM [shop].[orders] [o] INNER JOIN [shop].[returns] [r]
        ON [r].[order_id] = [o].[id] AND [o].[buyer] = [src].[id])
    """
    found = influences(sql, SHOP, "tsql")["name"]
    assert set(found.direct) == {"shop.buyers.name"}
    assert found.rows_of == {"shop.buyers", "shop.orders", "shop.returns"}
    assert {"shop.buyers.id", "shop.orders.buyer", "shop.returns.order_id"} <= found.sources


@pytest.mark.parametrize("dialect", ["redshift", "postgres", "snowflake"])
def test_an_insert_of_a_union_of_ctes_takes_the_targets_names(dialect: str) -> None:
    sql = """
    INSERT INTO public.t (v) WITH a AS (SELECT o.cents FROM shop.orders AS o), b AS (SELECT r.cents FROM shop.returns AS r)
    SELECT q.cents FROM (SELECT a.cents FROM a UNION ALL SELECT b.cents FROM b) AS q
    """
    found = {
        name.lower(): {source.lower() for source in each}
        for name, each in column_lineage(sql, None, dialect).items()
    }
    assert found == {"v": {"shop.orders.cents", "shop.returns.cents"}}


@pytest.mark.parametrize(
    "alias", ["status", "Status", "date", "order", "größe", "Номер договора", "a.b", 'quo"te']
)
def test_an_alias_that_is_a_word_of_sql_or_odd(alias: str) -> None:
    quoted = '"' + alias.replace('"', '""') + '"'
    sql = f"SELECT s.{quoted} AS {quoted} FROM (SELECT cents AS {quoted} FROM shop.orders) AS s"
    assert _direct(sql, "postgres") == {alias: {"shop.orders.cents"}}


def test_an_alias_that_is_also_another_columns_name() -> None:
    assert _direct("SELECT id AS buyer, buyer AS id FROM shop.orders") == {
        "buyer": {"shop.orders.id"},
        "id": {"shop.orders.buyer"},
    }


def test_capitals_change_nothing() -> None:
    sql = """
    SELECT coalesce(town, '9') AS a, count(DISTINCT id) AS n FROM (
        SELECT coalesce(b.town, '0') AS town, u.id FROM (
            SELECT id FROM (
                SELECT id, buyer FROM shop.orders UNION ALL SELECT r.order_id AS id, r.cents FROM shop.returns AS r) AS c
            GROUP BY id) AS u LEFT JOIN shop.buyers AS b ON u.id = b.id) AS t
    GROUP BY GROUPING SETS ((), (town))
    """
    wanted = {"a": {"shop.buyers.town"}, "n": {"shop.orders.id", "shop.returns.order_id"}}
    assert _direct(sql, "spark") == wanted
    assert {key.lower(): value for key, value in _direct(sql.upper(), "spark").items()} == wanted


def test_case_through_four_steps_of_stars() -> None:
    sql = """
    WITH one AS (SELECT o.*, b.town AS week FROM shop.orders AS o LEFT OUTER JOIN shop.buyers AS b ON o.buyer = b.id),
    two AS (SELECT *, CASE WHEN week = 'x' THEN status ELSE placed END AS day FROM one),
    three AS (SELECT week, day FROM two), four AS (SELECT * FROM three) SELECT * FROM four
    """
    found = influences(sql, SHOP, "bigquery")
    assert set(found["week"].direct) == {"shop.buyers.town"}
    assert set(found["day"].direct) == {"shop.orders.status", "shop.orders.placed"}
    assert ("shop.buyers.town", "CONDITIONAL") in found["day"].indirect


@pytest.mark.parametrize(
    ("sql", "dialect", "decides"),
    [
        ("SELECT cents FROM shop.orders LIMIT 2 BY buyer", "clickhouse", {"shop.orders.buyer"}),
        (
            "SELECT sum(cents) OVER (ORDER BY placed ROWS BETWEEN id PRECEDING AND CURRENT ROW) FROM shop.orders",
            "duckdb",
            {"shop.orders.placed", "shop.orders.id"},
        ),
        (
            "SELECT sum(cents) OVER w FROM shop.orders WINDOW w AS (ORDER BY placed ROWS 3 * id PRECEDING)",
            "duckdb",
            {"shop.orders.placed", "shop.orders.id"},
        ),
        ("SELECT decode(status, 'x', cents, buyer, 0) FROM shop.orders", "oracle", {"status", "buyer"}),
        ("SELECT nvl2(status, cents, 0) FROM shop.orders", "oracle", {"status"}),
    ],
)
def test_what_decides_in_a_clause_or_function_of_one_dialect(
    sql: str, dialect: str, decides: set[str]
) -> None:
    schema = {"SHOP.ORDERS": [name.upper() for name in SHOP["shop.orders"]]} if dialect == "oracle" else SHOP
    (found,) = influences(sql, schema, dialect).values()
    assert {name.rpartition(".")[2].lower() for name in found.direct} == {"cents"}
    indirect = {name.rpartition(".")[2].lower() for name, _ in found.indirect}
    assert indirect == {name.rpartition(".")[2] for name in decides}


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        (
            "INSERT INTO shop.returns SELECT id, cents FROM shop.orders ON CONFLICT (order_id) DO UPDATE SET cents = 1",
            "postgres",
        ),
        ("INSERT INTO shop.returns SELECT id, 1 FROM shop.orders ON DUPLICATE KEY UPDATE cents = 2", "mysql"),
    ],
)
def test_a_clause_after_the_query_that_changes_other_rows_is_refused(sql: str, dialect: str) -> None:
    with pytest.raises(UnreadableSQLError, match="CONFLICT"):
        column_lineage(sql, SHOP, dialect)


@pytest.mark.parametrize("end", [";", "; -- the end", "\n;\n/* the end */", " -- the end"])
def test_a_comment_behind_the_last_statement_is_no_statement(end: str) -> None:
    assert _direct(f"SELECT cents FROM shop.returns{end}") == {"cents": {"shop.returns.cents"}}


def test_an_insert_of_fewer_columns_fills_the_first() -> None:
    assert _direct("INSERT INTO shop.returns SELECT id FROM shop.orders") == {"order_id": {"shop.orders.id"}}


@pytest.mark.parametrize("operator", ["||", "+", " OR "])
def test_a_chain_of_one_operator_may_be_long(operator: str) -> None:
    text = operator.join(["cents", "id"] * 400)
    assert _direct(f"SELECT {text} AS x FROM shop.orders") == {"x": {"shop.orders.cents", "shop.orders.id"}}


def test_aliases_that_double_and_double_again_are_refused_and_others_are_read() -> None:
    chain = "".join(f", a{n} + a{n} AS a{n + 1}" for n in range(40))
    with pytest.raises(UnreadableSQLError, match="CTE"):
        _direct(f"SELECT cents AS a0{chain} FROM shop.orders")
    chain = "".join(f", a{n} + 1 AS a{n + 1}" for n in range(40))
    assert _direct(f"SELECT cents AS a0{chain} FROM shop.orders")["a40"] == {"shop.orders.cents"}


def test_columns_that_are_given_as_one_text_are_refused() -> None:
    with pytest.raises(UnreadableSQLError, match="list"):
        column_lineage("SELECT id FROM t", {"t": "id, v"}, "duckdb")
