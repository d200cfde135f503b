"""The figure of a sweep."""

from __future__ import annotations

from typing import Any

import pytest

from lab.report import sweep
from samples import sample_record

GOOD = {"reached": 0.0, "kept": 0, "fast": 0.05, "soon": 1.0}


def drawn(name: str, values: list[Any]) -> str:
    runs = [({name: value}, sample_record(GOOD, 0.2)) for value in values]
    return sweep._figure("something", sweep.criteria_by_point(runs)).html("sweep")


def test_observed_values_and_limits_are_told_apart_by_a_legend_and_tell_their_values() -> None:
    shown = drawn("rate", [1000, 2000])
    assert shown.count(">observed</text>") == shown.count(">limit</text>") == 2
    assert 'data-fields="rate|value|line"' in shown
    assert 'data-tip="2,000|0.05|observed"' in shown


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([1_000, 100_000], ["1,000", "10,000", "100,000"]),
        ([0, 100_000], ["0", "40,000", "100,000"]),
        (["wide", "narrow"], ['"wide"', '"narrow"']),
    ],
)
def test_the_axis_fits_what_was_swept(values: list[Any], ticks: list[str]) -> None:
    shown = drawn("rate", values)
    places = [shown.find(f">{tick}</text>") for tick in ticks]
    assert -1 not in places
    assert places == sorted(places)
