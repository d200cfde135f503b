"""The law's arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.experiments.kafka_lag.present.model import LOAD_LIMIT, partitions_for


@given(st.floats(1, 1e9), st.floats(1, 1e6))
def test_the_planned_partitions_keep_each_worker_below_the_limit_and_one_fewer_would_not(
    rate: float, worker: float
) -> None:
    planned = partitions_for(rate, worker)
    assert rate / planned <= worker * LOAD_LIMIT * (1 + 1e-9)
    if planned > 1:
        assert rate / (planned - 1) > worker * LOAD_LIMIT * (1 - 1e-9)


def test_by_hand() -> None:
    # 100,000/s at 30,000/s a worker and 70 % load: 100/21 = 4.76.
    assert partitions_for(100_000, 30_000) == 5
    assert partitions_for(21_000, 30_000) == pytest.approx(1)
