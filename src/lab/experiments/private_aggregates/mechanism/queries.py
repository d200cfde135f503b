"""What can be asked of a table: values that describe a query, with no data in them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass


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


@dataclass(frozen=True)
class Mean:
    """Mean of `column` over rows, on the same grid as `Sum`."""

    column: str
    grain: float = 1.0


@dataclass(frozen=True)
class Histogram:
    """Rows in [edge, next edge) for each pair of `edges`; what lies outside counts in the end bins."""

    column: str
    edges: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.edges) < 2 or any(a >= b for a, b in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError("a histogram needs at least two edges, in ascending order")


@dataclass(frozen=True)
class Quantile:
    """The value with a share `q` of the rows below it, chosen from a grid of width `step` within bounds."""

    column: str
    q: float
    step: float

    def __post_init__(self) -> None:
        if not 0 < self.q < 1 or self.step <= 0:
            raise ValueError(f"a quantile needs 0 < q < 1 and step > 0, not q={self.q}, step={self.step}")


@dataclass(frozen=True)
class Grouped:
    """`inner` for each value of the column `by`.

    keys: the groups that are published, known beforehand and not read off the data. Without them a group
    is published only if its noisy count passes a threshold, which costs a delta.
    """

    inner: Count | Sum
    by: str
    keys: tuple[Hashable, ...] = ()

    def __post_init__(self) -> None:
        if not self.keys and not isinstance(self.inner, Count):
            raise ValueError("groups that are not known beforehand can only be counted: give `keys`")
        if len(set(self.keys)) < len(self.keys):
            raise ValueError("the keys of a grouped query must differ from one another")


Query = Count | Sum | Mean | Histogram | Quantile | Grouped
Bounds = tuple[float, float] | None
