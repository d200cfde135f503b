"""`detect` on a reader's own data, on foreign data, and its corrections against known values."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lab.experiments.model_drift import DriftError, detect
from lab.experiments.model_drift.mechanism import adjust, ks_statistic, merge_rare


@pytest.fixture
def random() -> np.random.Generator:
    """The same draws for a test whichever others run before it."""
    return np.random.default_rng(0)


def one(before: Any, now: Any, **more: Any) -> Any:
    """The only feature of a comparison."""
    return detect(pd.DataFrame({"x": before}), pd.DataFrame({"x": now}), **more).features[0]


def test_a_readers_own_table_is_compared(random: np.random.Generator) -> None:
    before = pd.DataFrame({"age": random.normal(40, 10, 3_000), "plan": random.choice(["a", "b"], 3_000)})
    now = pd.DataFrame({"age": random.normal(45, 10, 800), "plan": random.choice(["a", "b"], 800)})
    report = detect(before, now)
    assert [each.drifted for each in report.features] == [True, False] and report.drifted
    assert list(report.table()["name"]) == ["age", "plan"]


@settings(max_examples=30, deadline=None)
@given(*(st.lists(st.integers(-3, 3), min_size=1, max_size=40) for _ in range(2)))
def test_ks_is_that_of_scipy_on_any_ties(before: list[int], now: list[int]) -> None:
    found = one(before, now)
    due = stats.ks_2samp(before, now, method="exact")
    assert found.ks == pytest.approx(due.statistic) and found.ks_p == pytest.approx(due.pvalue, abs=1e-12)


@pytest.mark.parametrize("rows", [(300, 90), (20_000, 40), (60, 60)])
def test_ks_of_larger_samples_is_scipys_asymptotic_one(
    rows: tuple[int, int], random: np.random.Generator
) -> None:
    before, now = random.normal(0, 1, rows[0]), random.integers(-3, 4, rows[1]).astype(float)
    assert one(before, now).ks_p == pytest.approx(
        stats.ks_2samp(before, now, method="asymp").pvalue, abs=1e-12
    )


def test_two_rows_are_no_evidence() -> None:
    assert one([0, 0], [1, 1]).ks_p == pytest.approx(1 / 3) and not one([0, 0], [1, 1]).drifted


@pytest.mark.parametrize(
    ("correction", "due"),
    [
        ("none", [0.01, 0.04, 0.03, 0.005]),
        ("bonferroni", [0.04, 0.16, 0.12, 0.02]),
        ("holm", [0.03, 0.06, 0.06, 0.02]),
        ("benjamini-hochberg", [0.02, 0.04, 0.04, 0.02]),
    ],
)
def test_corrections_are_those_of_the_books(correction: str, due: list[float]) -> None:
    assert adjust([0.01, 0.04, 0.03, 0.005], correction) == pytest.approx(due)


def test_looks_share_one_alpha() -> None:
    before, now = [0, 1] * 500, [0] * 300 + [1] * 240
    assert one(before, now, looks=7).adjusted == pytest.approx(min(1, 7 * one(before, now).adjusted))


def test_rare_codes_are_merged_until_each_cell_is_large_enough() -> None:
    before, now = merge_rare(np.array([1000, 3, 2, 1]), np.array([500, 2, 1, 0]))
    assert before.tolist() == [1006] and now.tolist() == [503]  # nothing is left to compare
    before, now = merge_rare(np.array([500, 500, 30, 2]), np.array([500, 500, 30, 2]))
    assert before.tolist() == [500, 500, 32] and now.tolist() == [500, 500, 32]


def test_missing_values_are_a_code_of_their_own_and_no_part_of_ks() -> None:
    before, now = [1.0, 2.0] * 300, [1.0, 2.0] * 250 + [math.nan] * 100
    found = one(before, now)
    assert found.drifted and found.ks == 0 and found.ks_p == 1


def test_a_column_that_is_all_missing_now_is_a_drift() -> None:
    assert one([1.0, 2.0] * 300, [math.nan] * 600).drifted


@pytest.mark.parametrize(
    ("before", "now"),
    [
        pytest.param(
            np.array([1, 2] * 300, "int8"), np.array([1, 2] * 300, "uint64"), id="signed and unsigned"
        ),
        pytest.param(
            [2**60, 2**60 + 1] * 300, np.array([2**60, 2**60 + 1] * 300, "uint64"), id="beyond a double"
        ),
        pytest.param(
            [Decimal("1.10"), Decimal("2")] * 300, [Decimal("1.1"), Decimal("2")] * 300, id="decimals"
        ),
        pytest.param(
            pd.array([1, 2, None] * 200, "Int64"), [1.0, 2.0, math.nan] * 200, id="nullable and float"
        ),
        pytest.param(["Łódź", "a b"] * 300, pd.Categorical(["Łódź", "a b"] * 300), id="text and categories"),
        pytest.param([True, False] * 300, [True, False] * 300, id="booleans"),
        pytest.param([math.inf, -math.inf] * 300, [math.inf, -math.inf] * 300, id="infinities"),
        pytest.param(
            pd.to_datetime(["1969-12-31", "2024-03-31"] * 300),
            pd.to_datetime(["1969-12-31", "2024-03-31"] * 300),
            id="dates",
        ),
        pytest.param([5] * 600, [5] * 600, id="constant"),
        pytest.param([1], [1], id="one row"),
    ],
)
def test_equal_distributions_in_other_types_are_no_drift(before: Any, now: Any) -> None:
    found = one(before, now)
    assert not found.drifted and found.chi2_p == pytest.approx(1) and found.v == pytest.approx(0)


@pytest.mark.parametrize("kind", [Decimal, float, int], ids=["decimals", "floats", "integers"])
def test_numbers_in_a_column_of_objects_have_an_order(kind: type, random: np.random.Generator) -> None:
    """A database driver's decimals: thousands of values, each of them rare. As codes nothing would be left to compare."""
    numbers = random.integers(1, 100_000, 3_000)
    before, now = ([kind(int(each)) for each in part] for part in (numbers, numbers[:800] + 50_000))
    found = one(pd.Series(before, dtype=object), pd.Series([*now, None], dtype=object))
    assert found.drifted and found.ks > 0.4


def test_text_of_which_every_value_is_rare_is_refused_and_a_few_rows_are_no_evidence() -> None:
    names = [f"customer {number}" for number in range(900)]
    with pytest.raises(DriftError, match="900 values, none of them frequent enough"):
        one(names[:500], names[500:])
    assert not one(["a", "b"], ["c"]).drifted


def test_large_integers_that_a_double_can_not_tell_apart_are_told_apart() -> None:
    assert one([2**60] * 600, np.array([2**60 + 1] * 600, "uint64")).drifted


def test_text_that_looks_like_a_number_is_another_value() -> None:
    assert one([1, "1"] * 300, ["1"] * 600).drifted


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({"x": [1]}, {"y": [1]}, "one side only: x, y"),
        ({"x": []}, {"x": [1]}, "reference is empty"),
        ({"x": [1]}, {"x": ["1"]}, "int64 before and object now"),
        ({"x": [[1]]}, {"x": [[1]]}, "can't be counted"),
        ({"x": ["a"]}, {"x": ["a"]}, "ks needs numbers"),
    ],
)
def test_what_can_not_be_compared_is_refused_in_words(before: Any, now: Any, said: str) -> None:
    with pytest.raises(DriftError, match=said):
        detect(pd.DataFrame(before), pd.DataFrame(now), test="ks" if "needs" in said else "chi2")


def test_two_columns_of_one_name_and_wrong_options_are_refused() -> None:
    fine = pd.DataFrame({"x": [1, 2]})
    with pytest.raises(DriftError, match="two columns of one name"):
        detect(pd.DataFrame([[1, 2]], columns=["x", "x"]), fine)
    for wrong in ({"alpha": 0}, {"alpha": math.nan}, {"looks": 0}, {"correction": "sidak"}, {"test": "t"}):
        with pytest.raises(DriftError, match="not"):
            detect(fine, fine, **wrong)  # type: ignore[arg-type]
    with pytest.raises(DriftError, match="no DataFrame"):
        detect([1], fine)  # type: ignore[arg-type]


def test_ks_of_nothing_is_unknown() -> None:
    assert math.isnan(ks_statistic([0, 0], [1, 1])) and math.isnan(ks_statistic([], []))


def test_inputs_stay_as_they_were() -> None:
    before, now = pd.DataFrame({"x": [2, 1, None]}), pd.DataFrame({"x": [1, None, 2]})
    copies = before.copy(), now.copy()
    detect(before, now)
    pd.testing.assert_frame_equal(before, copies[0])
    pd.testing.assert_frame_equal(now, copies[1])
