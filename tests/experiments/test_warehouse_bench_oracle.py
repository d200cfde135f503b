"""The comparison with TPC-H's published answers: what it lets pass, and what it must see."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.experiments.warehouse_bench.oracle import published_answers as oracle

PUBLISHED = [("A", "10.50", "2"), ("B", "7.25", "3")]


def test_equal_rows_pass_whatever_their_types() -> None:
    rows = [("A", Decimal("10.50"), 2), ("B", 7.25, 3)]
    assert oracle.check(rows, PUBLISHED, (0,)).differing == 0


@pytest.mark.parametrize(
    "rows",
    [
        [("A", Decimal("10.51"), 2), ("B", Decimal("7.25"), 3)],
        [("A", Decimal("10.50"), 2), ("B", Decimal("7.25"), 4)],
        [("A", Decimal("10.50"), 2), ("b", Decimal("7.25"), 3)],
        [("A", None, 2), ("B", Decimal("7.25"), 3)],
        [("A", Decimal("10.50"), 2), ("B", 7.2500001, 3)],
        [("B", Decimal("7.25"), 3), ("A", Decimal("10.50"), 2)],
    ],
)
def test_a_wrong_value_or_order_is_seen(rows: list[tuple]) -> None:
    assert oracle.check(rows, PUBLISHED, (0,)).differing > 0


def test_missing_and_surplus_rows_are_seen() -> None:
    rows = [("A", Decimal("10.50"), 2), ("B", Decimal("7.25"), 3)]
    assert oracle.check(rows[:1], PUBLISHED, (0,)).differing == 3
    assert oracle.check([*rows, rows[1]], PUBLISHED, (0,)).differing == 3
    assert oracle.check([], PUBLISHED, (0,)).differing == 6


def test_ties_may_come_in_any_order_but_others_may_not() -> None:
    published = [("1", "x"), ("1", "y"), ("2", "z")]
    assert oracle.check([(1, "y"), (1, "x"), (2, "z")], published, (0,)).differing == 0
    assert oracle.check([(1, "x"), (2, "z"), (1, "y")], published, (0,)).differing > 0


def test_decimals_are_compared_at_the_scale_that_the_engine_gives() -> None:
    assert oracle.check([(Decimal("25.54"),)], [("25.537587",)], ()).differing == 0
    assert oracle.check([(Decimal("25.53"),)], [("25.537587",)], ()).differing == 1


@pytest.mark.parametrize("order", [(), (0,)])
def test_no_row_and_no_column_are_not_null(order: tuple[int, ...]) -> None:
    assert oracle.check([], [("",)], order).differing == 1
    assert oracle.check([()], [("",)], order).differing == 1
    assert oracle.check([("a",)], [("a", "")], (0, 1)).differing == 1


@pytest.mark.parametrize(
    "value",
    [float("inf"), float("-inf"), float("nan"), Decimal("NaN"), Decimal("Infinity"), True, b"1.50", [1.5], 2],
)
@pytest.mark.parametrize("order", [(), (0,)])
def test_what_is_no_finite_number_or_only_rounds_to_one_is_seen(
    value: object, order: tuple[int, ...]
) -> None:
    assert oracle.check([(value,)], [("1.50",)], order).differing == 1
    assert oracle.check([(Decimal("2"),)], [("1.50",)], order).differing == 1
    assert oracle.check([(np.int64(3),)], [("3",)], order).differing == 0


def test_an_empty_line_is_null() -> None:
    assert oracle.parse("avg_yearly\n\n") == [("",)]
    assert oracle.check([(None,)], [("",)], ()).differing == 0
    assert oracle.check([(Decimal("1"),)], [("",)], ()).differing == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), min_size=1), st.randoms())
def test_any_change_of_one_value_is_seen(rows: list[tuple], random: Random) -> None:
    rows = sorted(rows)
    published = [tuple(str(value) for value in row) for row in rows]
    assert oracle.check(rows, published, (0,)).differing == 0
    at = random.randrange(len(rows))
    changed = [*rows[:at], (rows[at][0], 99), *rows[at + 1 :]]
    assert oracle.check(changed, published, (0,)).differing > 0
