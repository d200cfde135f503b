from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lab.load import histogram as hdr

LATENCIES = st.lists(st.integers(1_000, 60_000_000_000), min_size=1, max_size=200)


@given(LATENCIES, st.sampled_from([50.0, 90.0, 95.0, 99.0, 100.0]))
def test_percentiles_agree_with_the_sorted_values_to_three_digits(values: list[int], percent: float) -> None:
    # The library rounds the rank where others round it up, so either neighbour is right.
    rank = percent / 100 * len(values)
    low, high = (sorted(values)[max(0, int(turn(rank)) - 1)] / 1e6 for turn in (np.floor, np.ceil))
    seen = hdr.milliseconds(hdr.histogram(values), percent)
    assert low * 0.999 - 0.001 <= seen <= high * 1.001 + 0.001


@given(LATENCIES, LATENCIES)
def test_merging_equals_recording_together(one: list[int], other: list[int]) -> None:
    merged = hdr.merge([hdr.histogram(one), hdr.histogram(other)])
    together = hdr.histogram(one + other)
    assert merged.get_total_count() == len(one) + len(other)
    for percent in (1, 50, 99, 100):
        assert hdr.milliseconds(merged, percent) == hdr.milliseconds(together, percent)


@given(LATENCIES)
def test_encoding_round_trips(values: list[int]) -> None:
    recorded = hdr.histogram(values)
    again = hdr.decode(hdr.encode(recorded))
    assert again.get_total_count() == len(values)
    assert hdr.milliseconds(again, 99) == hdr.milliseconds(recorded, 99)


def test_nothing_recorded_has_no_percentile() -> None:
    assert np.isnan(hdr.milliseconds(hdr.histogram(), 99))
