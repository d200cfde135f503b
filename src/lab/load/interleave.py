"""Take turns: several arms measured in rounds, each round in a random order of its own.

Arms that are measured one after the other differ in more than themselves: caches fill, other work comes and
goes. In turns, whatever happens meets all of them alike.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def _once(cell: object) -> int:
    return 1


def interleaved(
    cells: Sequence[T], rounds: int, seed: int, times: Callable[[T], int] = _once
) -> Iterator[tuple[int, T]]:
    """(round, cell) in the order in which to measure; every round holds all cells in a random order.

    times: how often a round holds a cell, asked when the round begins, so it may depend on earlier rounds (a quick
    cell several times, one that took long enough not at all).
    """
    random = np.random.default_rng(seed)
    for number in range(rounds):
        places = [cell for cell in cells for _ in range(times(cell))]
        yield from ((number, places[place]) for place in random.permutation(len(places)))


def mixed(taken: Sequence[tuple[int, Hashable]]) -> float:
    """How well `taken` (round, arm), in order of time, took turns: 1 as in a random order, 0 one block for each arm.

    The number of times that an arm follows another one within a round, over what a random order gives on average.
    NaN where no round has two arms.
    """
    seen, expected = 0, 0.0
    for number in dict.fromkeys(number for number, _ in taken):
        arms = [arm for one, arm in taken if one == number]
        seen += sum(before != after for before, after in pairwise(arms))
        expected += _random_changes(arms)
    return seen / expected if expected else float("nan")


def _random_changes(arms: Sequence[Hashable]) -> float:
    # Two of n places, drawn without putting back, hold the same arm with probability sum c (c - 1) / (n (n - 1)).
    places = len(arms)
    same = sum(arms.count(arm) * (arms.count(arm) - 1) for arm in set(arms))
    return (places - 1) * (1 - same / (places * (places - 1))) if places > 1 else 0.0
