"""How many lookups meet an update that is on its way: 1 − exp(−λ D), averaged over entities by their share.

Updates of an entity come as a Poisson process of rate λ. Those that are known but not applied yet are an M/G/∞ queue, so
their number is Poisson with mean λ E[D], whatever the distribution of D is; a lookup is right if it is zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lab.experiments.feature_store.params import Params
from lab.experiments.feature_store.workload.popularity import shares


def mismatch(rates: NDArray[np.float64], looked_up: NDArray[np.float64], delay_s: float) -> float:
    """Share of lookups that differ. rates: λ of each entity, updates/s that change it; looked_up: shares of lookups."""
    return float((looked_up * -np.expm1(-rates * delay_s)).sum())


def rates(params: Params, factor: float = 1) -> NDArray[np.float64]:
    """λ of each entity at `factor` times the updates."""
    return params.fresh * factor * shares(params)


def predicted(params: Params, delay_s: float, factor: float = 1) -> float:
    """Of this run's entities, which are looked up as often as they are updated."""
    return mismatch(rates(params, factor), shares(params), delay_s)


def delay_for(params: Params, limit: float, factor: float = 1) -> float:
    """The mean delay, s, at which `limit` of the lookups differ."""
    low, high = 0.0, 1.0
    while predicted(params, high, factor) < limit:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if predicted(params, middle, factor) < limit else (low, middle)
    return high


def fan_out(share_slow: float, parts: int) -> float:
    """Share of requests that wait for a slow part: 1 − (1 − p)^n."""
    return -math.expm1(parts * math.log1p(-share_slow))


def mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
