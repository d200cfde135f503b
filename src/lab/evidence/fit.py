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


def theil_sen(x: ArrayLike, y: ArrayLike, confidence: float = 0.95) -> tuple[Line, Interval]:
    """The line of the median slope between all pairs, which one outlier does not move (Theil 1950), and the slope's
    interval (Sen 1968). ValueError for fewer than three different x."""
    places = np.asarray(x, dtype=float)
    if len(np.unique(places)) < 3:
        raise ValueError("a slope with an interval needs at least three different sizes")
    found = stats.theilslopes(np.asarray(y, dtype=float), places, confidence)
    return Line(float(found[1]), float(found[0])), (float(found[2]), float(found[3]))


def resampled(
    strata: Sequence[Sequence[T]], statistic: Callable[[list[T]], T | float | Line], seed: int = 0
) -> list:
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
