"""Perturbation sees what it must and nothing else; statements run and keep to their truth."""

from __future__ import annotations

import random

import duckdb
import pandas as pd
import pytest

from lab.experiments.lineage import seen
from lab.experiments.lineage.measure.generated import _refuted_one
from lab.experiments.lineage.oracle.generated_sql import TABLES, Query, Truth, Writer


def _tables() -> dict[str, pd.DataFrame]:
    return {
        "orders": pd.DataFrame(
            {"id": range(40), "cents": [7 * n % 11 for n in range(40)], "note": ["a", "b"] * 20}
        ),
        "rates": pd.DataFrame({"rate": [1.5, 2.5]}),
    }


def test_a_value_a_filter_and_a_count_are_seen_and_what_is_idle_is_not() -> None:
    def run(tables):  # type: ignore[no-untyped-def]
        kept = tables["orders"][tables["orders"]["note"] == "a"]
        return {"mart": pd.DataFrame({"total": [kept["cents"].sum()], "n": [len(kept)]})}

    pairs, runs = seen(run, _tables(), seed=1)
    assert {pair[:2] for pair in pairs if pair[3] == "total"} == {
        ("orders", "cents"), ("orders", "note"), ("orders", "*"),
    }  # fmt: skip
    assert {pair[:2] for pair in pairs if pair[3] == "n"} == {("orders", "note"), ("orders", "*")}
    assert runs > 10


def test_a_key_that_changes_does_not_make_its_neighbours_change() -> None:
    # A row's other values stay what they are, whatever identifies the row.
    pairs, _ = seen(lambda tables: {"mart": tables["orders"][["id", "cents"]]}, _tables(), seed=1)
    assert ("orders", "id", "mart", "cents") not in pairs
    assert ("orders", "id", "mart", "id") in pairs


def test_an_order_that_differs_and_rounding_are_no_change() -> None:
    def run(tables):  # type: ignore[no-untyped-def]
        orders = tables["orders"].sample(frac=1, random_state=int(tables["rates"]["rate"].notna().sum()))
        return {"mart": pd.DataFrame({"id": orders["id"], "mean": 0.1 * 3 if len(orders) % 2 else 0.3})}

    pairs, _ = seen(run, _tables(), seed=1)
    assert not [pair for pair in pairs if pair[0] == "rates"]


def test_a_pipeline_that_gives_something_else_each_time_is_refused() -> None:
    draw = random.Random(0)
    with pytest.raises(ValueError, match="each time"):
        seen(lambda tables: {"mart": pd.DataFrame({"x": [draw.random()]})}, _tables(), seed=1)


@pytest.mark.parametrize(
    "values",
    [
        [None, None],
        [float("nan"), 1.0],
        [pd.NaT, pd.Timestamp("1969-01-01")],
        [True, False],
        [2**60, -1],
        ["", "é"],
    ],
)
def test_columns_of_all_kinds_can_be_changed(values: list) -> None:
    seen(lambda tables: {"mart": tables["t"]}, {"t": pd.DataFrame({"x": values})}, seed=1)


def test_every_statement_runs() -> None:
    writer = Writer(random.Random(5), depth=4)
    with duckdb.connect() as connection:
        for name, columns in TABLES.items():
            connection.execute(f"CREATE TABLE {name} ({', '.join(f'{each} INTEGER' for each in columns)})")
        for _ in range(100):
            connection.execute(writer.statement().text)


def test_a_truth_that_leaves_a_source_out_is_refuted() -> None:
    sales = {"sales.cents", "sales.shop"}
    good = Query(
        "SELECT sum(x1.cents) AS t FROM sales AS x1 WHERE x1.shop > 1",
        {"t": Truth(frozenset({"sales.cents"}), frozenset(sales), frozenset({"sales"}))},
        Truth(),
    )
    blind = Query(good.text, {"t": Truth(frozenset({"sales.cents"}), rows=frozenset({"sales"}))}, Truth())
    with duckdb.connect() as connection:
        assert list(_refuted_one(connection, good, seed=1)) == []
        assert [line.split(" ->")[0] for line in _refuted_one(connection, blind, seed=1)] == ["sales.shop"]
