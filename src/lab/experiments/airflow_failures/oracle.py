"""The truth, found another way: what was published against what the source made, and calls counted one by one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """Orders of a batch: missing, published more than once (times beyond the first), and not of the batch at all."""

    missing: int
    doubled: int
    unknown: int

    def __int__(self) -> int:
        return self.missing + self.doubled + self.unknown


def difference(made: Iterable[Hashable], published: Iterable[Hashable]) -> Difference:
    """Order by order, as multisets; the orders of a batch are all different."""
    wanted, found = set(made), Counter(published)
    return Difference(
        missing=len(wanted - found.keys()),
        doubled=sum(times - 1 for order, times in found.items() if order in wanted),
        unknown=sum(times for order, times in found.items() if order not in wanted),
    )


def calls(retries: int, layers: int) -> int:
    """Calls that reach a source that is away, counted by making them: each layer tries once and `retries` times again."""
    if layers == 0:
        return 1
    return sum(calls(retries, layers - 1) for _ in range(1 + retries))


def most_calls(failures: int, slots: int, outage_s: float, open_s: float) -> int:
    """Calls of any number of runs that a circuit breaker and a pool let through to a source that is away, at most.

    Those that open it, those that are under way beside the last of them, and a trial each time that it has been open for long.
    """
    return failures + slots - 1 + math.ceil(outage_s / open_s)
