"""The privacy accountant: what a table's releases have cost together, and which one is one too many.

Sequential composition: losses add up. Parallel composition: releases on disjoint parts of the table cost
as much as the dearest part, if a person is in one part only; in up to g parts, the g dearest.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from lab.errors import LabError
from lab.experiments.private_aggregates.mechanism.errors import QueryError, real


class BudgetExceededError(LabError):
    """A release would cost more than is left; nothing was spent and nothing was released."""


@dataclass(frozen=True)
class Cost:
    """A privacy loss: (epsilon, delta)-differential privacy."""

    epsilon: float
    delta: float = 0.0

    def __post_init__(self) -> None:
        for name in ("epsilon", "delta"):
            object.__setattr__(self, name, real(name, getattr(self, name)))
        if not (0 < self.epsilon < float("inf") and 0 <= self.delta < 1):
            raise QueryError(f"a cost needs 0 < epsilon < inf and 0 <= delta < 1, not {self}.")


@dataclass(frozen=True)
class Entry:
    """One line of the ledger: what was released, for how much, and what is spent with it."""

    what: str
    cost: Cost
    spent_epsilon: float
    spent_delta: float


@dataclass
class Part:
    """The releases on one of several disjoint parts."""

    losses: dict[str, tuple[Fraction, Fraction]] = field(default_factory=dict)

    def spend(self, part: str, cost: Cost) -> None:
        """Note a release on `part`; two on the same part add up."""
        epsilon, delta = self.losses.get(part, (Fraction(0), Fraction(0)))
        self.losses[part] = epsilon + exact(cost.epsilon), delta + exact(cost.delta)

    def total(self, parts_per_person: int) -> tuple[Fraction, Fraction]:
        """The loss of somebody who is in the `parts_per_person` dearest parts."""
        columns = zip(*self.losses.values(), strict=True)
        epsilon, delta = (sum(sorted(column)[-parts_per_person:], Fraction(0)) for column in columns)
        return epsilon, delta


class Budget:
    """What may be spent on one table in all. Safe to share between threads, not between processes.

    It lives in memory: whoever publishes from more than one process or run must keep the ledger, and begin with what
    is left.
    Amounts are added as the decimal numbers that they are written as: ten times 0.1 is 1, not more.
    """

    def __init__(self, epsilon: float, delta: float = 0.0) -> None:
        self.limit = Cost(epsilon, delta)
        self._spent = Fraction(0), Fraction(0)
        self._ledger: list[Entry] = []
        self._lock = threading.Lock()

    @property
    def ledger(self) -> tuple[Entry, ...]:
        return tuple(self._ledger)

    @property
    def left(self) -> float:
        """Epsilon that is left."""
        return float(exact(self.limit.epsilon) - self._spent[0])

    def check(self, what: str, cost: Cost) -> None:
        """BudgetExceededError if a release does not fit; nothing is spent."""
        with self._lock:
            self._after(what, exact(cost.epsilon), exact(cost.delta))

    def spend(self, what: str, cost: Cost) -> Entry:
        """Enter a release; BudgetExceededError if it does not fit, with no trace left, and it must not be published."""
        return self._enter(what, exact(cost.epsilon), exact(cost.delta))

    @contextmanager
    def parallel(self, what: str, parts_per_person: int = 1) -> Iterator[Part]:
        """Collect releases on disjoint parts; they are entered together when the block ends.

        Draw the noise after the block: what does not fit is refused at its end.
        """
        if parts_per_person < 1:
            raise ValueError("everybody is in at least one part")
        parts = Part()
        yield parts
        if parts.losses:
            self._enter(what, *parts.total(parts_per_person))

    def _enter(self, what: str, epsilon: Fraction, delta: Fraction) -> Entry:
        with self._lock:
            after = self._after(what, epsilon, delta)
            entry = Entry(what, Cost(float(epsilon), float(delta)), float(after[0]), float(after[1]))
            self._spent = after
            self._ledger.append(entry)
            return entry

    def _after(self, what: str, epsilon: Fraction, delta: Fraction) -> tuple[Fraction, Fraction]:
        after = self._spent[0] + epsilon, self._spent[1] + delta
        if after[0] > exact(self.limit.epsilon) or after[1] > exact(self.limit.delta):
            raise BudgetExceededError(self._refusal(what, epsilon, delta))
        return after

    def _refusal(self, what: str, epsilon: Fraction, delta: Fraction) -> str:
        left = exact(self.limit.delta) - self._spent[1]
        return (
            f"“{what}” costs epsilon {float(epsilon):g} and delta {float(delta):g}, but of the budget of "
            f"{self.limit.epsilon:g} and {self.limit.delta:g} only {self.left:g} and {float(left):g} are left. "
            "Ask for less, or publish what was released already."
        )


def exact(amount: float) -> Fraction:
    """`amount` as the decimal number that it is written as."""
    return Fraction(Decimal(repr(float(amount))))
