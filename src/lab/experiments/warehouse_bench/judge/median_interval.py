"""How far a few rounds can be trusted: intervals from their order alone, without a distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WANTED = 0.95


@dataclass(frozen=True)
class Spread:
    """The median of some rounds, and the two of their values between which the true median lies with `coverage`."""

    median: float
    low: float
    high: float
    rounds: int
    coverage: float

    @property
    def enough(self) -> bool:
        """Whether the interval holds the median in 95 % of the cases; it takes six rounds to know as much."""
        return self.coverage >= WANTED

    def excludes(self, value: float) -> bool:
        """Whether `value` can be distinguished from the median; never with too few rounds."""
        return self.enough and not self.low <= value <= self.high

    @property
    def label(self) -> str:
        """What the interval is, for the head of a column."""
        return label(self.rounds)


def spread(values: Sequence[float] | np.ndarray) -> Spread:
    """The sign test turned round: the median lies between the i-th value from either end unless the draws say otherwise.

    It holds for any continuous distribution, if the rounds are independent of one another. i is the largest with 95 %;
    with fewer than six rounds there is none, and low and high are no more than the range.
    """
    ordered = sorted(float(value) for value in values)
    rank = max(_rank(len(ordered)), 1)
    return Spread(
        float(np.median(ordered)),
        ordered[rank - 1],
        ordered[-rank],
        len(ordered),
        coverage(len(ordered), rank),
    )


def coverage(rounds: int, rank: int) -> float:
    """How probable it is that the median of a distribution lies between the rank-th values from either end."""
    return 1 - 2 * sum(math.comb(rounds, below) for below in range(rank)) / 2**rounds


def label(rounds: int) -> str:
    """What the intervals of so many rounds are."""
    rank = _rank(rounds)
    if rank < 1:
        return f"range of {rounds} rounds"
    kind = "range" if rank == 1 else "inner range"
    return f"{kind} of {rounds} rounds (holds the median with {coverage(rounds, rank):.1%})"


def _rank(rounds: int) -> int:
    """The largest rank whose interval holds the median with 95 %; 0 if none does."""
    return max((rank for rank in range(1, rounds // 2 + 1) if coverage(rounds, rank) >= WANTED), default=0)
