"""Intervals, held against published or exact values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.evidence.statistics import bootstrap, clopper_pearson, loglog_slope, rule_of_three, wilson


def test_wilson_as_in_newcombe_1998() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_clopper_pearson_of_nothing_seen_is_close_to_the_rule_of_three() -> None:
    low, high = clopper_pearson(0, 1000)
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / 1000), rel=1e-6)
    assert rule_of_three(1000) == pytest.approx(0.003)


@given(st.integers(1, 500), st.data())
def test_intervals_hold_the_estimate(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    for interval in (wilson(successes, trials), clopper_pearson(successes, trials)):
        assert 0 <= interval[0] <= successes / trials <= interval[1] <= 1


def test_slope_of_a_power_law() -> None:
    slope, (low, high) = loglog_slope([10, 100, 1000], [5, 50, 500])
    assert slope == pytest.approx(1)
    assert low <= 1 <= high


def test_bootstrap_holds_the_median() -> None:
    low, high = bootstrap([1.0, 2.0, 3.0, 4.0, 5.0])
    assert low <= 3 <= high
