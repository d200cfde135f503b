"""Learning from a reader's own and from foreign data: the right bounds, or a refusal in words."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.experiments.data_quality import Suite, learn, prepare
from lab.experiments.data_quality.mechanism.learn import MOST_PAIRS, MOST_SHAPES, pattern, split
from lab.experiments.data_quality.mechanism.statistics import SHARES, VALUES, statistics
from lab.experiments.data_quality.oracle import holds, value


def orders(rows: int = 400, seed: int = 1) -> pd.DataFrame:
    """A reader's table: orders of a shop, twenty a day."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "day": np.arange(rows) // 20,
            "order": np.arange(rows),
            "country": rng.choice(["DE", "FR", "NA"], rows),
            "price": rng.normal(50, 5, rows).round(2),
        }
    )


def kwargs(suite: Suite, name: str) -> dict:
    (found,) = [item for item in suite.expectations if item.name == name]
    return dict(found.kwargs)


def test_bounds_lie_at_the_extremes_of_the_later_half_and_the_margin_beyond() -> None:
    table = orders()
    later = table[table["day"] >= 10].groupby("day")["price"].mean()
    for margin in (0.0, 2.0):
        found = kwargs(learn(table, table["day"].tolist(), margin), "mean of price")
        reach = margin * (later.max() - later.median())
        assert math.isclose(found["max_value"], later.max() + reach, rel_tol=1e-6)


def test_a_good_batch_of_the_later_half_violates_nothing() -> None:
    table = orders()
    suite = learn(table, table["day"].tolist(), margin=0.0)
    for _, batch in table[table["day"] >= 10].groupby("day"):
        columns = {name: batch[name].tolist() for name in batch}
        assert all(holds(item.type, item.kwargs, columns) for item in suite.expectations)


def test_a_suite_survives_being_kept_as_text() -> None:
    suite = learn(orders())
    assert Suite.from_json(suite.json()) == suite


def test_names_in_a_suite_are_each_there_once() -> None:
    names = [item.name for item in learn(orders()).expectations]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (pd.DataFrame(), "too few"),
        (orders(7), "too few"),
        (pd.DataFrame([[1, 2]] * 100, columns=["a", "a"]), "more than once"),
        (pd.DataFrame({1: range(100)}), "must be text"),
    ],
)
def test_what_can_not_be_learned_from_is_refused_in_words(table: pd.DataFrame, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        learn(table)


def test_labels_that_do_not_fit_the_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="3 labels of batches for 400 rows"):
        learn(orders(), [1, 2, 3])
    with pytest.raises(ValueError, match="have no batch"):
        learn(orders(), [None] * 400)


@pytest.mark.parametrize(
    "column",
    [
        [None] * 400,
        [math.nan] * 400,
        [math.inf, -math.inf] * 200,
        [True, False] * 200,
        [1, "1"] * 200,
        [[1], [2]] * 200,
        ["", " ", "\x00", "ünï\n"] * 100,
        [2**63 - 1, -(2**63)] * 200,
        [2**70, 1] * 200,
        pd.to_datetime(["1969-12-31", None] * 200, utc=True),
        pd.Series([1, None] * 200, dtype="Int64"),
        pd.Series(["a", "b"] * 200, dtype="category"),
        pd.Series(["a", None] * 200, dtype="string"),
        np.arange(400, dtype="uint8"),
        [1 + 2j] * 400,
    ],
    ids=lambda column: str(column[:2])[:24],
)
def test_foreign_columns_are_learned_or_left_alone_and_accept_their_own_batches(column: object) -> None:
    table = orders().assign(**{'odd "name" $x': column})
    suite = learn(table, table["day"].tolist(), margin=0.0)
    assert any('odd "name" $x' in item.columns for item in suite.expectations)
    assert Suite.from_json(suite.json()).columns == suite.columns


def _pairs(table: pd.DataFrame) -> list[str]:
    found = learn(table, margin=0.0).expectations
    return [item.name for item in found if item.type == "expect_column_pair_values_to_be_in_set"]


def test_the_pairs_that_say_most_are_written_down_as_long_as_there_is_room() -> None:
    key = np.arange(1200) % 120
    table = pd.DataFrame({"town": key, "region": key // 3, "zone": key // 40, "price": np.arange(1200) * 0.5})
    # Of the pairs that could be, 1 in 40 of town and region are there, of the others 1 in 3; for the third is no room.
    assert _pairs(table) == ["pair set of town, region", "pair set of town, zone"]
    assert sum(len(kwargs(learn(table), name)["value_pairs_set"]) for name in _pairs(table)) <= MOST_PAIRS


@pytest.mark.parametrize("dtype", ["int64", "uint64", "Int64"])
def test_whole_numbers_that_a_float_can_not_hold_are_no_part_of_a_pair(dtype: str) -> None:
    large = pd.Series([2**53 + number for number in (1, 3, 5, 7)] * 100, dtype=dtype)
    assert _pairs(pd.DataFrame({"id": large, "rate": [0.5, 1.5, 2.5, 3.5] * 100})) == []
    assert _pairs(pd.DataFrame({"id": large - 2**53, "rate": [0.5, 1.5, 2.5, 3.5] * 100})) != []


def test_rows_without_labels_become_sixty_parts_in_their_order() -> None:
    parts = split(orders(600))
    assert len(parts) == 60
    assert pd.concat(parts)["order"].tolist() == list(range(600))


def test_batches_keep_the_order_of_their_first_row_whatever_their_labels_sort_like() -> None:
    table = orders(200)
    labels = [f"day {9 - place // 20}" for place in range(200)]
    assert [part["order"].iloc[0] for part in split(table, labels)] == list(range(0, 200, 20))


def test_rows_that_come_again_in_another_batch_are_no_duplicates() -> None:
    parts = [orders(20).drop(columns="day")] * 10
    asked = kwargs(prepare(parts).suite(0.0), "no row twice")
    twice = pd.concat([parts[0], parts[0][:1]])
    for batch, fine in ((parts[0], True), (twice, False)):
        table = {name: batch[name].tolist() for name in batch}
        assert holds("expect_compound_columns_to_be_unique", asked, table) is fine


@given(st.lists(st.text(max_size=6), min_size=1, max_size=30))
def test_a_pattern_matches_what_it_was_made_of_and_nothing_longer(values: list[str]) -> None:
    found = pattern(values)
    if not found:
        assert len(set(values)) > MOST_SHAPES
        return
    assert all(re.search(found, item) for item in values)
    longest = max(values, key=len)
    assert not re.search(found, longest + "\n")


CASES = {
    "expect_table_row_count_to_be_between": {},
    "expect_column_mean_to_be_between": {"column": "x"},
    "expect_column_stdev_to_be_between": {"column": "x"},
    "expect_column_unique_value_count_to_be_between": {"column": "x"},
    "expect_column_values_to_not_be_null": {"column": "x"},
    "expect_column_values_to_be_between": {"column": "x", "min_value": -1, "max_value": 1},
    "expect_column_values_to_be_in_set": {"column": "t", "value_set": ["a", ""]},
    "expect_column_values_to_match_regex": {"column": "t", "regex": r"\A[a-c]?\Z"},
    "expect_column_pair_values_to_be_in_set": {
        "column_A": "t",
        "column_B": "x",
        "value_pairs_set": [["a", 0.0]],
    },
    "expect_compound_columns_to_be_unique": {"column_list": ["x", "t"]},
}
ROWS = st.lists(
    st.tuples(
        st.none() | st.sampled_from([-2.0, 0.0, 0.5, 1e9]), st.none() | st.sampled_from(["", "a", "d"])
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60)
@given(st.lists(ROWS, min_size=1, max_size=3))
def test_the_statistics_that_bounds_come_from_are_what_the_oracle_reckons(batches: list[list[tuple]]) -> None:
    parts = [_frame(rows) for rows in batches]
    number = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    assert set(CASES) == SHARES | VALUES
    for type, asked in CASES.items():
        found = statistics(type, asked, pd.concat(parts, ignore_index=True), number)
        due = [value(type, asked, {name: part[name].tolist() for name in part}) for part in parts]
        assert found == pytest.approx(due, nan_ok=True), type


def _frame(rows: list[tuple]) -> pd.DataFrame:
    numbers, texts = ([row[place] for row in rows] for place in (0, 1))
    return pd.DataFrame({"x": pd.Series(numbers, dtype=float), "t": pd.Series(texts, dtype=object)})


def test_where_nothing_drifts_a_bound_is_broken_as_often_as_the_theorem_says() -> None:
    rng = np.random.default_rng(3)
    broken = []
    for _ in range(150):
        parts = [pd.DataFrame({"x": rng.normal(size=30)}) for _ in range(21)]
        table = {"x": parts[20]["x"].tolist()}
        suite = prepare(parts[:20]).suite(0.0)
        broken.append(not holds("expect_column_mean_to_be_between", kwargs(suite, "mean of x"), table))
    # Two bounds from ten batches: 2/11, of 150 tries at random.
    assert abs(np.mean(broken) - 2 / 11) < 4 * math.sqrt(2 / 11 * 9 / 11 / 150)
