"""Straight lines through measurements: y = fixed + each x, with intervals that the measurements themselves give."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from lab.evidence.statistics import Interval

if TYPE_CHECKING:
    from scipy import stats
else:
    from lab.lazy import module

    stats = module("scipy.stats")

T = TypeVar("T")
RESAMPLES = 400
WIDEST = 3.0  # times: an interval wider than this names no value


@dataclass(frozen=True)
class Line:
    """y = fixed + each x, in the units of y and of y per unit of x."""

    fixed: float
    each: float

    def at(self, x: float) -> float:
        return self.fixed + self.each * x

    def reaches(self, y: float) -> float:
        """The x at which the line comes to `y`; infinite if it does not rise."""
        return (y - self.fixed) / self.each if self.each > 0 else math.inf

    def rising(self) -> Line:
        """The same line with neither constant negative: a cost that a size of nothing can't undercut."""
        return Line(max(0.0, self.fixed), max(0.0, self.each))


def line(x: ArrayLike, y: ArrayLike, relative: bool = False) -> Line:
    """Least squares; of relative errors if `relative`, so that a small y counts as much as a large one (all y > 0).

    ValueError for fewer than two different x.
    """
    places, values = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(np.unique(places)) < 2:
        raise ValueError("a line needs at least two different sizes")
    each, fixed = np.polyfit(places, values, 1, w=1 / values if relative else None)
    return Line(float(fixed), float(each))


def rough(value: float) -> str:
    """A size that a line was drawn out to, in two digits: so far out it knows no more."""
    return f"{float(f'{value:.2g}'):,.0f}"


@dataclass(frozen=True)
class Slope:
    """A line whose slope has an interval: low, high, of `each`, at 95 %."""

    fixed: float
    each: float
    low: float
    high: float

    @property
    def known(self) -> bool:
        """Whether the interval leaves out nothing at all, and its ends differ by a small factor only."""
        return self.low > 0 and self.high <= WIDEST * self.low


def theil_sen(x: ArrayLike, y: ArrayLike) -> Slope:
    """The line of the median slope between all pairs, which one outlier does not move (Theil 1950; interval: Sen 1968).

    ValueError for fewer than three different x.
    """
    places = np.asarray(x, dtype=float)
    if len(np.unique(places)) < 3:
        raise ValueError("a slope with an interval needs at least three different sizes")
    each, fixed, low, high = stats.theilslopes(np.asarray(y, dtype=float), places, 0.95)
    return Slope(float(fixed), float(each), float(low), float(high))


def resampled(strata: Sequence[Sequence[T]], statistic: Callable[[list[T]], object], seed: int = 0) -> list:
    """`statistic` as it might as well have come out: of `RESAMPLES` draws with replacement within each stratum.

    strata: measurements of one size each, so that every draw holds every size as often as the experiment did.
    """
    random = np.random.default_rng(seed)
    return [statistic(_drawn(strata, random)) for _ in range(RESAMPLES)]


def _drawn(strata: Sequence[Sequence[T]], random: np.random.Generator) -> list[T]:
    return [own[place] for own in strata for place in random.integers(0, len(own), len(own))]


def percentile_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """The middle part of resampled `values` (Efron 1979)."""
    edge = (1 - confidence) / 2 * 100
    low, high = np.percentile(values, [edge, 100 - edge])
    return float(low), float(high)
