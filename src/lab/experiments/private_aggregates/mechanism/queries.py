"""What can be asked of a table: values that describe a query, with no data in them; QueryError if they make no sense.

Missing values are left out by all of them, as by SQL's aggregates.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import pairwise

from lab.experiments.private_aggregates.mechanism.columns import missing, plain
from lab.experiments.private_aggregates.mechanism.errors import QueryError, real

EXACT = 2**53  # the integers up to which a double has each


@dataclass(frozen=True)
class Count:
    """Number of rows, or of persons if `persons`; only rows where the boolean column `where` is true."""

    where: str = ""
    persons: bool = False


@dataclass(frozen=True)
class Sum:
    """Sum of `column`; values are rounded to multiples of `grain`, so that adding them is exact."""

    column: str
    grain: float = 1.0

    def __post_init__(self) -> None:
        _positive("grain", self.grain)


@dataclass(frozen=True)
class Mean:
    """Mean of `column` over the rows that have it, on the same grid as `Sum`."""

    column: str
    grain: float = 1.0

    def __post_init__(self) -> None:
        _positive("grain", self.grain)


@dataclass(frozen=True)
class Histogram:
    """Rows in [edge, next edge) for each pair of `edges`; what lies outside counts in the end bins."""

    column: str
    edges: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "edges", tuple(self.edges))
        edges = [real("An edge", edge) for edge in self.edges]
        if len(edges) < 2 or not all(a < b for a, b in pairwise(edges)):
            raise QueryError(
                "A histogram needs at least two edges, in ascending order, none of them missing."
            )
        if not all(abs(edge) <= EXACT for edge in edges):
            raise QueryError("Edges must lie within ±2^53. The end bins are open: leave infinite edges out.")


@dataclass(frozen=True)
class Quantile:
    """The value with a share `q` of the rows below it, chosen from a grid of width `step` within bounds.

    q: to four digits.
    """

    column: str
    q: float
    step: float

    def __post_init__(self) -> None:
        _positive("step", self.step)
        if not 0 < round(real("q", self.q), 4) < 1:
            raise QueryError(f"A quantile needs q from 0.0001 to 0.9999, not {self.q}.")


@dataclass(frozen=True)
class Grouped:
    """`inner` for each value of the column `by`; rows that have none are in no group.

    keys: the groups that are published, known beforehand and not read off the data. Without them a group
    is published only if its noisy count passes a threshold, which costs a delta.
    """

    inner: Count | Sum
    by: str
    keys: tuple[Hashable, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.keys, str):
            raise QueryError("The keys of a grouped query are a tuple of keys, not one text.")
        object.__setattr__(self, "keys", tuple(self.keys))
        if not isinstance(self.inner, Count | Sum):
            raise QueryError(f"Groups can be counted or summed, not asked for a {type(self.inner).__name__}.")
        if not self.keys and not isinstance(self.inner, Count):
            raise QueryError("Groups that are not known beforehand can only be counted: give `keys`.")
        if any(map(missing, self.keys)):
            raise QueryError("A missing value is no key: rows without one are in no group.")
        if not all(isinstance(key, Hashable) for key in self.keys):
            raise QueryError("The keys of a grouped query can't be lists, or anything else that may change.")
        if len(set(map(plain, self.keys))) < len(self.keys):
            raise QueryError("The keys of a grouped query must differ from one another.")


Query = Count | Sum | Mean | Histogram | Quantile | Grouped
Bounds = tuple[float, float] | None


def _positive(what: str, value: float) -> None:
    if not 0 < real(f"A {what}", value) < math.inf:
        raise QueryError(f"A {what} must be above 0 and finite, not {value}.")
