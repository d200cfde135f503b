"""When batches begin: on a grid, and at once after one that took too long."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.experiments.cdc_lakehouse.kit.sink.follow import Sink, next_due
from lab.experiments.cdc_lakehouse.kit.sink.position import Position
from lab.experiments.cdc_lakehouse.measure.driver import Desk

_SECONDS = st.floats(0.0, 100.0)


def begins(took: list[float], interval: float) -> list[float]:
    """When each batch begins if they take so long, in s from the first."""
    due = now = 0.0
    found = []
    for one in [*took, 0.0]:
        began = max(now, due)
        found.append(began)
        now, due = began + one, next_due(due, began, interval)
    return found


def test_a_batch_that_takes_too_long_is_followed_at_once_and_the_grid_stays() -> None:
    assert begins([1, 3.5, 1, 10, 1, 1], 3) == [0, 3, 6.5, 9, 19, 21, 24]


@given(st.lists(_SECONDS, max_size=30), st.floats(0.5, 60))
def test_each_begins_on_the_grid_or_when_the_one_before_ends(took: list[float], interval: float) -> None:
    found = begins(took, interval)
    for (began, following), one in zip(itertools.pairwise(found), took, strict=True):
        late = following == began + one
        assert following >= began + one
        assert late or following / interval == pytest.approx(round(following / interval), abs=1e-6)
        assert late or following - began <= interval * (1 + 1e-9)


def test_partitions_that_a_topic_has_got_since_are_read_from_their_beginning() -> None:
    """Else each transaction with a change in one of them would count as incomplete, for ever."""
    topics: Any = SimpleNamespace(beginning=lambda table: Position({0: 0, 1: 0, 2: 0}, 4))
    lake: Any = SimpleNamespace(
        table=SimpleNamespace(collection="n.t"), position=lambda beginning: Position({0: 7, 1: 9}, 5)
    )
    assert Sink(topics, [lake]).position() == {"n.t": Position({0: 7, 1: 9, 2: 0}, 5)}


def test_a_driver_takes_the_intervals_in_turn_and_hears_of_others(tmp_path: Any) -> None:
    desk = Desk(tmp_path)
    desk.set_intervals((3.0, 5.0))
    turns = desk.intervals()
    assert list(itertools.islice(turns, 3)) == [3.0, 5.0, 3.0]
    desk.set_intervals((2.0,))
    assert list(itertools.islice(turns, 2)) == [2.0, 2.0]
