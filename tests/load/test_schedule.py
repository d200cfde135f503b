from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lab.load import schedule

RATES = st.floats(1, 20_000)
SECONDS = st.floats(0.1, 3)


@given(RATES, SECONDS)
def test_constant_has_equal_gaps_and_the_right_number(rate: float, seconds: float) -> None:
    due = schedule.constant(rate, seconds)
    assert len(due) == round(rate * seconds)
    if len(due) > 1:
        assert np.all(np.abs(np.diff(due) - 1e9 / rate) <= 1)


@given(RATES, SECONDS, st.integers(0, 9))
def test_poisson_is_ascending_and_within_the_duration(rate: float, seconds: float, seed: int) -> None:
    due = schedule.poisson(rate, seconds, seed)
    assert len(due) == round(rate * seconds)
    assert np.all(np.diff(due) >= 0)
    assert np.all((due >= 0) & (due <= seconds * 1e9 + 1))


def test_poisson_gaps_are_exponential() -> None:
    gaps = np.diff(schedule.poisson(10_000, 5, seed=1)) / 1e9
    assert stats.kstest(gaps, "expon", args=(0, 1 / 10_000)).pvalue > 0.001
    assert stats.kstest(np.diff(schedule.constant(10_000, 5)) / 1e9, "expon", args=(0, 1e-4)).pvalue < 1e-9


def test_burst_sends_groups_at_one_instant() -> None:
    due = schedule.burst(rate=100, seconds=1, size=20)
    moments, counts = np.unique(due, return_counts=True)
    assert list(counts) == [20] * 5
    assert list(np.diff(moments)) == [200_000_000] * 4


@given(st.floats(1, 5_000), st.floats(1, 5_000), SECONDS)
def test_ramp_reaches_each_message_when_the_integral_of_its_rate_does(
    first: float, last: float, seconds: float
) -> None:
    due = schedule.ramp(first, last, seconds) / 1e9
    sent = first * due + (last - first) / seconds * due**2 / 2
    assert np.allclose(sent, np.arange(len(due)), atol=0.01)


@pytest.mark.parametrize(("rate", "seconds"), [(0, 1), (-1, 1), (10, 0), (float("nan"), 1)])
def test_senseless_schedules_are_refused(rate: float, seconds: float) -> None:
    with pytest.raises(ValueError, match="positive rate"):
        schedule.constant(rate, seconds)


def test_a_burst_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        schedule.burst(10, 1, 0)
