"""Lines are found again in points that were made from them, and intervals hold what they should."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.evidence.fit import Line, line, percentile_interval, resampled, rough, theil_sen

CONSTANT = st.floats(-100, 100)
SIZES = [1.0, 2.0, 5.0, 10.0, 50.0]


@given(CONSTANT, CONSTANT)
def test_a_line_is_found_again_in_its_points(fixed: float, each: float) -> None:
    found = line(SIZES, [fixed + each * size for size in SIZES])
    assert math.isclose(found.fixed, fixed, abs_tol=1e-6)
    assert math.isclose(found.each, each, abs_tol=1e-6)


def test_relative_errors_let_a_small_value_count_as_much_as_a_large_one() -> None:
    seconds = [1.0, 2.0, 3.0, 400.0]
    absolute = line([1, 2, 3, 100], seconds)
    relative = line([1, 2, 3, 100], seconds, relative=True)
    assert abs(relative.at(1) / 1 - 1) < abs(absolute.at(1) / 1 - 1)


def test_one_outlier_does_not_move_the_median_slope() -> None:
    sizes = np.arange(1.0, 21.0)
    values = 3 + 2 * sizes
    values[7] += 1_000
    found = theil_sen(sizes, values)
    assert math.isclose(found.each, 2, rel_tol=1e-9)
    assert found.low <= 2 <= found.high
    assert found.known


@pytest.mark.parametrize("fit", [line, theil_sen])
def test_one_size_makes_no_line(fit) -> None:
    with pytest.raises(ValueError, match="different sizes"):
        fit([5, 5, 5], [1, 2, 3])


def test_a_line_says_where_it_comes_to_a_value() -> None:
    assert Line(1, 2).reaches(5) == 2
    assert Line(1, 0).reaches(5) == math.inf
    assert Line(-1, -2).rising() == Line(0, 0)


def test_the_interval_of_resamples_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    held = 0
    for number in range(60):
        strata = [[(size, 1 + 2 * size + random.normal()) for _ in range(20)] for size in (1.0, 5.0, 9.0)]
        slopes = [
            each.each for each in resampled(strata, lambda points: line(*zip(*points, strict=True)), number)
        ]
        low, high = percentile_interval(slopes)
        held += low <= 2 <= high
    assert held >= 50  # 57 of 60 expected; fewer than 50 has a probability of about one in a thousand


def test_resamples_keep_every_size() -> None:
    for points in resampled([[(1, 1), (1, 2)], [(2, 3)]], list):
        assert [size for size, _ in points] == [1, 1, 2]


@pytest.mark.parametrize(
    ("value", "told"), [(83_421_446.0, "83,000,000"), (151_075.0, "150,000"), (4.6, "5"), (math.inf, "inf")]
)
def test_a_size_far_out_on_a_line_is_told_in_two_digits(value: float, told: str) -> None:
    assert rough(value) == told
