"""Intervals, held against published or exact values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.evidence.statistics import (
    Counted,
    bootstrap,
    clopper_pearson,
    loglog_slope,
    none_seen_bound,
    poisson_rate,
    wilson,
)


def test_a_count_is_told_with_what_it_is_of() -> None:
    assert str(Counted(3, 41)) == "3 of 41"


def test_wilson_as_in_newcombe_1998() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_clopper_pearson_of_nothing_seen_is_close_to_the_rule_of_three() -> None:
    low, high = clopper_pearson(0, 1000)
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / 1000), rel=1e-6)
    assert none_seen_bound(1000) == pytest.approx(0.003, rel=5e-3)


@pytest.mark.parametrize("trials", [1, 3, 4, 40, 100_000])
def test_a_rate_at_the_bound_of_nothing_seen_would_have_shown_itself_in_19_of_20(trials: int) -> None:
    assert (1 - none_seen_bound(trials)) ** trials == pytest.approx(0.05)


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 3.689), (2, 0.242, 7.225), (10, 4.795, 18.390)])
def test_a_rates_interval_as_in_garwood_1936(count: int, low: float, high: float) -> None:
    assert poisson_rate(count, 1) == pytest.approx((low, high), abs=5e-4)
    assert poisson_rate(count, 4) == pytest.approx((low / 4, high / 4), abs=5e-4)


@pytest.mark.parametrize(("count", "exposure"), [(-1, 1.0), (1, 0.0), (1, float("nan"))])
def test_a_rate_of_nothing_is_refused(count: int, exposure: float) -> None:
    with pytest.raises(ValueError, match="are no rate"):
        poisson_rate(count, exposure)


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
