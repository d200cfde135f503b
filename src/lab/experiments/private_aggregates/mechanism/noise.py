"""The only place where randomness enters a release: OpenDP's exact samplers.

All noise is added to integers. A sum of doubles has rounding that depends on its order, and noise drawn
as a double has gaps that give the true value away (see workload/attack.py); integers have neither. Integers
here don't wrap: those that 64 bits do not hold are Python's.
The generator is the operating system's; it can't be seeded, and a release must not be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lab.errors import ServiceError
from lab.experiments.private_aggregates.mechanism.errors import QueryError

if TYPE_CHECKING:
    import opendp.prelude as dp

Integers = NDArray[np.int64]
# One division rounds by less; a scale that is a hair too large costs nothing.
_HAIR = 1 + 2**-50
# Between these, OpenDP's 64-bit noise is right to the last bit, and never (2^-369) large enough to be cut off.
_SCALES = 2.0**-50, 2.0**54


@cache
def _opendp() -> Any:
    """OpenDP, loaded when noise is first drawn: only this experiment's set-up installs it."""
    try:
        import opendp.prelude as dp
    except ModuleNotFoundError as error:
        raise ServiceError("OpenDP is not installed. Run: lab setup private_aggregates") from error
    dp.enable_features("contrib")
    return dp


def laplace_scale(sensitivity: float, epsilon: float) -> float:
    """Scale of the Laplace distribution that makes a statistic of this L1 sensitivity epsilon-DP.

    QueryError for a scale that can't be drawn exactly.
    """
    if not sensitivity / _SCALES[1] <= epsilon <= sensitivity / _SCALES[0]:
        raise QueryError(
            f"Noise for an epsilon of {epsilon:g}, where a person changes the answer by up to {sensitivity:g} grains, "
            "can't be drawn exactly. Choose a coarser grain, or another epsilon."
        )
    return sensitivity / epsilon * _HAIR


def integers(values: Iterable[int]) -> Integers:
    """An array of `values` in which adding noise can't wrap."""
    given = list(values)
    return np.array(given, dtype=np.int64 if all(abs(value) < 2**62 for value in given) else object)


def discrete_laplace(values: Integers, scale: float, n: int) -> Integers:
    """`n` independent noisy copies of the vector `values`: shape (n, d).

    OpenDP draws around n zeros, for each entry anew; it is n releases, and each costs its own epsilon. Adding
    the values here gives what OpenDP would give, where its integers would not end.
    """
    drawn = _laplace(scale)(np.zeros(n * len(values), dtype=np.int64))
    return np.asarray(drawn, dtype=np.int64).reshape(n, len(values)) + values


def laplace_loss(distance: int, scale: float) -> float:
    """OpenDP's own account of what `discrete_laplace` costs at L1 distance `distance`."""
    return float(_laplace(scale).map(distance))


def _laplace(scale: float) -> dp.Measurement:
    dp = _opendp()
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l1_distance(T="i64")
    return dp.m.make_laplace(*space, scale=scale)


def laplace_reach(scale: float, confidence: float) -> int:
    """Smallest w with P(|noise| <= w) >= confidence: P(|X| > w) = 2 p^(w+1) / (1+p), p = exp(-1/scale)."""
    outside = (1 - confidence) * (1 + math.exp(-1 / scale)) / 2
    return max(0, math.ceil(-scale * math.log(outside) - 1))


def noisy_least(scores: Integers, scale: float, n: int) -> Integers:
    """`n` times the index of a low score, by report noisy max: shape (n,)."""
    mechanism = _noisy_max(scale)
    given = scores.tolist()
    return np.fromiter((mechanism(given) for _ in range(n)), dtype=np.int64, count=n)


def noisy_least_loss(distance: int, scale: float) -> float:
    """OpenDP's account of what `noisy_least` costs if no score changes by more than `distance`."""
    return float(_noisy_max(scale).map(distance))


def _noisy_max(scale: float) -> dp.Measurement:
    dp = _opendp()
    space = dp.vector_domain(dp.atom_domain(T="u64")), dp.linf_distance(T="u64")
    return dp.m.make_noisy_max(*space, dp.max_divergence(), scale=scale, negate=True)


def thresholding(scale: float, threshold: int) -> Callable[[Mapping[int, int]], dict[int, int]]:
    """Noisy counts by key, without those below `threshold`: {key: count} -> {key: count}."""
    return _thresholding(scale, threshold)


def thresholding_loss(distance: tuple[int, int, int], scale: float, threshold: int) -> tuple[float, float]:
    """OpenDP's account of `thresholding`, (epsilon, delta), at (L0, L1, L-infinity) `distance`."""
    epsilon, delta = _thresholding(scale, threshold).map(distance)
    return float(epsilon), float(delta)


def _thresholding(scale: float, threshold: int) -> dp.Measurement:
    dp = _opendp()
    counts = dp.map_domain(dp.atom_domain(T="i64"), dp.atom_domain(T="i64"))
    metric = dp.l01inf_distance(dp.absolute_distance(T="i64"))
    return dp.m.make_laplace_threshold(counts, metric, scale=scale, threshold=threshold)


def float_laplace(value: float, scale: float, n: int, grid: int | None = None) -> NDArray[np.float64]:
    """`n` of OpenDP's Laplace draws around a double; on multiples of 2**grid if that is given."""
    dp = _opendp()
    domain = dp.vector_domain(dp.atom_domain(T=float, nan=False), size=n)
    mechanism = dp.m.make_laplace(domain, dp.l1_distance(T=float), scale=scale, k=grid)
    return np.asarray(mechanism([value] * n))
