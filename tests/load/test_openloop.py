from __future__ import annotations

import time

import numpy as np
import pytest

from lab.load.openloop import drive, share
from lab.load.schedule import constant


def test_every_message_is_sent_once_and_in_order() -> None:
    sent: list[int] = []
    due = constant(5_000, 0.2)
    drive(due, time.monotonic_ns(), lambda first, end: sent.extend(range(first, end)) or end - first)
    assert sent == list(range(len(due)))


def test_nothing_is_sent_before_it_is_due() -> None:
    due = constant(2_000, 0.2)
    kept = drive(due, time.monotonic_ns() + 50_000_000, lambda first, end: end - first)
    assert np.all(kept.lateness_ns >= 0)


def test_a_slow_receiver_shows_as_lateness_and_loses_nothing() -> None:
    """The closed loop's mistake: to wait for the receiver and call that the schedule."""

    def stalls(first: int, end: int) -> int:
        if first == 0:
            time.sleep(0.2)
        return end - first

    due = constant(1_000, 0.3)
    kept = drive(due, time.monotonic_ns(), stalls)
    assert len(kept.lateness_ns) == 300
    assert kept.percentile_ms(100) >= 190


def test_what_a_full_queue_refuses_is_offered_again() -> None:
    sent: list[int] = []

    def takes_three(first: int, end: int) -> int:
        taken = list(range(first, end))[:3]
        sent.extend(taken)
        return len(taken)

    drive(constant(10_000, 0.05), time.monotonic_ns(), takes_three)
    assert sent == list(range(500))


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_shares_cover_everything_once(parts: int) -> None:
    together = [i for part in range(parts) for i in range(100)[share(100, part, parts)]]
    assert sorted(together) == list(range(100))


def test_a_share_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="part 2 of 2"):
        share(10, 2, 2)
