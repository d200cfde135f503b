"""The only place where randomness enters a release: OpenDP's exact samplers.

All noise is added to integers. A sum of doubles has rounding that depends on its order, and noise drawn
as a double has gaps that give the true value away (see attack.py); integers have neither.
The generator is the operating system's; it can't be seeded, and a release must not be.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping

import numpy as np
import opendp.prelude as dp
from numpy.typing import NDArray

dp.enable_features("contrib")

Integers = NDArray[np.int64]
_VECTOR = dp.vector_domain(dp.atom_domain(T="i64")), dp.l1_distance(T="i64")
_SCORES = dp.vector_domain(dp.atom_domain(T="u64")), dp.linf_distance(T="u64")
# One division rounds by less; a scale that is a hair too large costs nothing.
_HAIR = 1 + 2**-50


def laplace_scale(sensitivity: float, epsilon: float) -> float:
    """Scale of the Laplace distribution that makes a statistic of this L1 sensitivity epsilon-DP."""
    return sensitivity / epsilon * _HAIR


def discrete_laplace(values: Integers, scale: float, n: int) -> Integers:
    """`n` independent noisy copies of the vector `values`: shape (n, d).

    The copies go through OpenDP as one long vector, which draws anew for each entry; it is n releases, and
    each costs its own epsilon.
    """
    mechanism = dp.m.make_laplace(*_VECTOR, scale=scale)
    drawn = mechanism(np.tile(values.astype(np.int64), n))
    return np.asarray(drawn, dtype=np.int64).reshape(n, len(values))


def laplace_loss(distance: int, scale: float) -> float:
    """OpenDP's own account of what `discrete_laplace` costs at L1 distance `distance`."""
    return float(dp.m.make_laplace(*_VECTOR, scale=scale).map(distance))


def laplace_reach(scale: float, confidence: float) -> int:
    """Smallest w with P(|noise| <= w) >= confidence: P(|X| > w) = 2 p^(w+1) / (1+p), p = exp(-1/scale)."""
    p = math.exp(-1 / scale)
    outside = (1 - confidence) * (1 + p) / 2
    return max(0, math.ceil(math.log(outside) / math.log(p) - 1)) if p > 0 else 0


def quantile_scores(values: Integers, candidates: Integers, q: float) -> Integers:
    """How far each candidate is from being the q-quantile of `values`, in OpenDP's integer units."""
    return np.asarray(_scoring(candidates, q)(values.tolist()), dtype=np.int64)


def quantile_sensitivity(candidates: Integers, q: float, rows: int) -> int:
    """By how much a score can change if `rows` rows come or go, in the same units."""
    return int(_scoring(candidates, q).map(rows))


def noisy_least(scores: Integers, scale: float, n: int) -> Integers:
    """`n` times the index of a low score, by report noisy max: shape (n,)."""
    mechanism = dp.m.make_noisy_max(*_SCORES, dp.max_divergence(), scale=scale, negate=True)
    given = scores.tolist()
    return np.fromiter((mechanism(given) for _ in range(n)), dtype=np.int64, count=n)


def noisy_least_loss(distance: int, scale: float) -> float:
    """OpenDP's account of what `noisy_least` costs if no score changes by more than `distance`."""
    mechanism = dp.m.make_noisy_max(*_SCORES, dp.max_divergence(), scale=scale, negate=True)
    return float(mechanism.map(distance))


def thresholding(kind: type, scale: float, threshold: int) -> dp.Measurement:
    """Noisy counts by key, without those below `threshold`: {key: count} -> {key: count}."""
    key = dp.atom_domain(T="i64" if kind is int else "String")
    counts = dp.map_domain(key, dp.atom_domain(T="i64"))
    metric = dp.l01inf_distance(dp.absolute_distance(T="i64"))
    return dp.m.make_laplace_threshold(counts, metric, scale=scale, threshold=threshold)


def plain(counts: Mapping[Hashable, int]) -> tuple[type, dict[Hashable, int]]:
    """`counts` with keys that OpenDP takes: all int or all str, and which of the two."""
    kind: type = int if all(isinstance(key, (int, np.integer)) for key in counts) else str
    return kind, {kind(key): int(count) for key, count in counts.items()}


def float_laplace(value: float, scale: float, n: int, grid: int | None = None) -> NDArray[np.float64]:
    """`n` of OpenDP's Laplace draws around a double; on multiples of 2**grid if that is given."""
    domain = dp.vector_domain(dp.atom_domain(T=float, nan=False), size=n)
    mechanism = dp.m.make_laplace(domain, dp.l1_distance(T=float), scale=scale, k=grid)
    return np.asarray(mechanism([value] * n))


def _scoring(candidates: Integers, q: float) -> dp.Transformation:
    domain = dp.vector_domain(dp.atom_domain(T="i64"))
    return dp.t.make_quantile_score_candidates(
        domain, dp.symmetric_distance(), candidates=candidates.tolist(), alpha=q
    )
