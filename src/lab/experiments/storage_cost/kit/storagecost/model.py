"""What a policy is asked and answers, and what a bill says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pandas as pd

# What is counted, and in which unit: by component.
COMPONENTS = {
    "storage": "GB-months",
    "minimum size": "GB-months",
    "minimum duration": "GB-months",
    "overhead": "GB-months",
    "restored copy": "GB-months",
    "monitoring": "object-months",
    "put": "requests",
    "get": "requests",
    "transition": "requests",
    "restore": "requests",
    "retrieval": "GB",
    "egress": "GB",
}
EXPIRED = "EXPIRED"  # a move to it deletes the object
SLOW_S = 60.0  # a read that waits longer than this waits for a restore


@dataclass(frozen=True)
class Move:
    """The object goes to class `to` at the midnight with which `day` begins."""

    day: int
    to: str


@dataclass(frozen=True)
class History:
    """What a policy may know of an object, and nothing of its future. reads: (day, times) until today, today's included."""

    size: int
    created: int
    today: int
    reads: tuple[tuple[int, int], ...]
    now_in: str


# Asked when an object is put and after each day with a read: what happens if no read comes? The next read asks anew.
# Only when it is put may a move be dated today: that is the class it is put in.
Policy = Callable[[History], Sequence[Move]]


@dataclass(frozen=True)
class Stay:
    """An object in one class, from the first day to before the last."""

    to: str
    start: int
    end: int


Schedule = Sequence[Sequence[Stay]]


@dataclass(frozen=True)
class Bill:
    """lines: class, component, quantity, unit, price, usd. daily: usd by component and day. waits: seconds -> reads.

    cold_reads: those that pay for retrieval; lost_reads: those of objects that were already deleted.
    """

    lines: pd.DataFrame
    daily: pd.DataFrame
    waits: dict[float, int]
    cold_reads: int
    lost_reads: int
    months: float
    stays: Schedule = field(repr=False, default=())

    @property
    def total(self) -> float:
        return float(self.lines["usd"].sum())

    @property
    def per_month(self) -> float:
        return self.total / self.months

    @property
    def reads(self) -> int:
        return sum(self.waits.values())

    @property
    def cold_share(self) -> float:
        return self.cold_reads / self.reads if self.reads else 0.0

    @property
    def slow_share(self) -> float:
        """Share of reads that wait for a restore."""
        return sum(n for wait, n in self.waits.items() if wait > SLOW_S) / self.reads if self.reads else 0.0

    @property
    def longest_wait(self) -> float:
        return max(self.waits, default=0.0)

    @property
    def mean_wait(self) -> float:
        return sum(wait * n for wait, n in self.waits.items()) / self.reads if self.reads else 0.0

    def wait(self, quantile: float) -> float:
        """Seconds that this share of the reads waits at most."""
        seen = 0
        for wait, number in sorted(self.waits.items()):
            seen += number
            if seen >= quantile * self.reads:
                return wait
        return 0.0

    def of(self, component: str) -> float:
        """Dollars of one component."""
        return float(self.lines.loc[self.lines["component"] == component, "usd"].sum())
