"""What a change costs: the slope of a line through batches of different sizes, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_RESAMPLES = 2000
_PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True)
class Slope:
    """s per change and s per batch without changes. low, high: of `each`, 95 % by bootstrap over the batches.

    r2: share of the batches' variance that the line explains.
    """

    each: float
    fixed: float
    low: float
    high: float
    r2: float

    @property
    def known(self) -> bool:
        """Whether the batches tell it apart from nothing, and the line fits them."""
        return self.low > 0 and self.r2 >= 0.8


def slope(sizes: Sequence[float], took: Sequence[float], seed: int = 0) -> Slope:
    """Least squares; each bootstrap sample draws whole batches. ValueError without three different sizes."""
    x, y = np.asarray(sizes, dtype=float), np.asarray(took, dtype=float)
    if len(set(sizes)) < 3:
        raise ValueError("a slope with an interval needs batches of at least three sizes")
    each, fixed = _line(x, y)
    chance = np.random.default_rng(seed)
    drawn = chance.integers(len(x), size=(_RESAMPLES, len(x)))
    # A sample of one size only has no slope.
    found = [_line(x[row], y[row])[0] for row in drawn if len(set(x[row])) > 1]
    low, high = np.percentile(found, _PERCENTILES)
    rest = y - (each * x + fixed)
    spread = float(((y - y.mean()) ** 2).sum())
    r2 = 1 - float((rest**2).sum()) / spread if spread else 0.0
    return Slope(each, fixed, float(low), float(high), r2)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    centred = x - x.mean()
    each = float((centred * y).sum() / (centred**2).sum())
    return each, float(y.mean() - each * x.mean())
