"""What a change costs: the slope of a line through parts of different sizes, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scipy import stats
else:
    from lab.lazy import module

    stats = module("scipy.stats")

_CONFIDENCE = 0.95
_WIDEST = 3.0


@dataclass(frozen=True)
class Slope:
    """s per change, and s per part without changes. low, high: of `each`, at 95 %."""

    each: float
    fixed: float
    low: float
    high: float

    @property
    def known(self) -> bool:
        """Whether the interval leaves out nothing at all, and its ends differ by a small factor only."""
        return self.low > 0 and self.high <= _WIDEST * self.low


def slope(sizes: Sequence[float], took: Sequence[float]) -> Slope:
    """Theil and Sen's: the median of the slopes between all pairs, which one late part does not move.

    Its interval is Sen's (1968). ValueError without three different sizes.
    """
    if len(set(sizes)) < 3:
        raise ValueError("a slope with an interval needs parts of at least three sizes")
    found = stats.theilslopes(list(took), list(sizes), _CONFIDENCE)
    return Slope(float(found[0]), float(found[1]), float(found[2]), float(found[3]))
