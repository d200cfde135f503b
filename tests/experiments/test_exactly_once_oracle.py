"""check_delivery on histories of which the outcome is known, and on ids that its author never saw."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.experiments.exactly_once import Delivery, check_delivery


@pytest.mark.parametrize(
    ("what", "sent", "delivered", "found"),
    [
        ("equal", [1, 2, 3], [1, 2, 3], Delivery()),
        ("loss", [1, 2, 3], [1, 3], Delivery(lost=1)),
        ("loss of all", [1, 2, 3], [], Delivery(lost=3)),
        ("repeat", [1, 2, 3], [1, 2, 2, 2, 3], Delivery(duplicated=2)),
        ("repeat much later", [1, 2, 3], [1, 2, 3, 1], Delivery(duplicated=1)),
        ("batch written again", [1, 2, 3, 4], [1, 2, 1, 2, 3, 4], Delivery(duplicated=2)),
        ("reorder", [1, 2, 3], [1, 3, 2], Delivery(reordered=1)),
        ("loss and repeat that even out", [1, 2, 3], [1, 1, 3], Delivery(lost=1, duplicated=1)),
        ("all three", [1, 2, 3, 4], [3, 1, 1, 4], Delivery(lost=1, duplicated=1, reordered=1)),
        ("empty", [], [], Delivery()),
        ("never sent", [1], [1, 9], Delivery(unexpected=1)),
        ("never sent, twice", [], [9, 9], Delivery(unexpected=2)),
        ("reversed", [1, 2, 3], [3, 2, 1], Delivery(reordered=2)),
        ("one", ["a"], ["a"], Delivery()),
    ],
)
def test_known_history(what: str, sent: list, delivered: list, found: Delivery) -> None:
    assert check_delivery(sent, delivered) == found, what


@settings(max_examples=30)
@given(st.sets(st.integers(), max_size=30), st.data())
def test_what_is_left_out_and_put_in_is_counted(ids: set[int], data: Any) -> None:
    sent = sorted(ids)
    times = [data.draw(st.integers(0, 3)) for _ in sent]
    delivered = [one for one, count in zip(sent, times, strict=True) for _ in range(count)]
    found = check_delivery(sent, delivered)
    assert (found.lost, found.duplicated) == (times.count(0), sum(max(0, count - 1) for count in times))
    assert found.reordered == found.unexpected == 0


def test_partitions_add_up() -> None:
    parts = check_delivery([1, 3], [3, 1]) + check_delivery([2, 4], [2, 2])
    assert parts == Delivery(lost=1, duplicated=1, reordered=1)
    assert parts.wrong == 2


@pytest.mark.parametrize(
    ("kind", "ids"),
    [
        ("numpy integers", np.arange(3, dtype=np.uint8)),
        ("huge integers", [2**64, 2**64 + 1, 2**63]),
        ("a column", pd.Series([5, 6, 7])),
        ("other scripts and case", ["Zoë", "zoë", "Ζωή", " Zoë"]),
        ("tuples of partition and offset", [(0, 1), (0, 2), (1, 1)]),
        ("bytes, of which one is empty", [b"", b"\x00", b"\xff"]),
        ("None is an id too", [None, 0, ""]),
        (
            "times before 1970, with and without a zone",
            [dt.datetime(1, 1, 1), dt.datetime(1969, 1, 1, tzinfo=dt.UTC)],
        ),
        ("decimals", [Decimal("1.10"), Decimal("1.11")]),
        ("infinite numbers", [float("inf"), float("-inf")]),
    ],
)
def test_foreign_ids_are_compared_as_they_are(kind: str, ids: Any) -> None:
    listed = list(ids)
    assert check_delivery(ids, iter(listed)) == Delivery(), kind
    assert check_delivery(ids, [*listed[1:], listed[-1]]) == Delivery(lost=1, duplicated=1), kind


def test_a_number_and_its_text_are_two_ids() -> None:
    assert check_delivery([1, 2], ["1", "2"]) == Delivery(lost=2, unexpected=2)


def test_numbers_of_other_types_are_the_same_id() -> None:
    assert check_delivery([1, 2, 3], np.array([1.0, 2.0, 3.0])) == Delivery()


@pytest.mark.parametrize(
    ("sent", "delivered", "said"),
    [
        ([1, 1], [1], "1 is there twice"),
        ([1, True], [1], "True is there twice"),
        ([float("nan")], [], "not equal to itself"),
        ([1], [float("nan")], "not equal to itself"),
        ([pd.NaT], [], "not equal to itself"),
    ],
)
def test_ids_that_can_not_tell_messages_apart_are_refused(sent: list, delivered: list, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_delivery(sent, delivered)


@pytest.mark.parametrize(
    ("sent", "delivered"),
    [
        ("abc", ["a"]),
        ([1], b"abc"),
        ({1: 2}, [1]),
        ([1], pd.DataFrame({"id": [1]})),
        ([{"id": 1}], []),
        ([1], [[1]]),
        (None, []),
        ([1], 7),
    ],
)
def test_what_is_no_sequence_of_ids_is_refused(sent: Any, delivered: Any) -> None:
    with pytest.raises(TypeError, match=r"sent|delivered"):
        check_delivery(sent, delivered)
