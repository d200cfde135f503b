"""Arms take turns, in a random order that a seed repeats."""

from __future__ import annotations

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from lab.load.interleave import interleaved, mixed


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 9))
def test_every_round_holds_every_cell_once(cells: int, rounds: int, seed: int) -> None:
    taken = list(interleaved(range(cells), rounds, seed))
    assert Counter(taken) == Counter((number, cell) for number in range(rounds) for cell in range(cells))
    assert [number for number, _ in taken] == sorted(number for number, _ in taken)
    assert taken == list(interleaved(range(cells), rounds, seed))


def test_how_often_a_round_holds_a_cell_is_asked_when_it_begins() -> None:
    often = {"quick": 1, "slow": 1}
    taken = []
    for number, cell in interleaved(list(often), 2, 1, often.__getitem__):
        taken.append((number, cell))
        often |= {"quick": 3, "slow": 0}
    assert Counter(taken) == {(0, "quick"): 1, (0, "slow"): 1, (1, "quick"): 3}


def test_rounds_differ_in_their_order() -> None:
    taken = list(interleaved(range(8), 2, 1))
    assert [cell for number, cell in taken if number == 0] != [cell for number, cell in taken if number == 1]


def test_one_block_for_each_arm_is_not_mixed() -> None:
    blocks = [(0, arm) for arm in "aaaabbbb"]
    turns = [(0, arm) for arm in "abababab"]
    assert mixed(blocks) < 0.3 < 1 < mixed(turns)
    assert mixed([(0, "a"), (1, "b"), (1, "a")]) == 1
    assert math.isnan(mixed([(0, "a"), (0, "a"), (1, "b")]))


def test_a_random_order_is_mixed_as_expected() -> None:
    arms = [arm for arm in "abc" for _ in range(20)]
    taken = [(number, arms[place]) for number, place in interleaved(range(60), 50, 3)]
    assert abs(mixed(taken) - 1) < 0.05
