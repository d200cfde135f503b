"""The only place where randomness enters a release: OpenDP's exact samplers.

All noise is added to integers. A sum of doubles has rounding that depends on its order, and noise drawn
as a double has gaps that give the true value away (see workload/attack.py); integers have neither.
The generator is the operating system's; it can't be seeded, and a release must not be.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lab.errors import ServiceError

if TYPE_CHECKING:
    import opendp.prelude as dp

Integers = NDArray[np.int64]
# One division rounds by less; a scale that is a hair too large costs nothing.
_HAIR = 1 + 2**-50


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
    """Scale of the Laplace distribution that makes a statistic of this L1 sensitivity epsilon-DP."""
    return sensitivity / epsilon * _HAIR


def discrete_laplace(values: Integers, scale: float, n: int) -> Integers:
    """`n` independent noisy copies of the vector `values`: shape (n, d).

    The copies go through OpenDP as one long vector, which draws anew for each entry; it is n releases, and
    each costs its own epsilon.
    """
    drawn = _laplace(scale)(np.tile(values.astype(np.int64), n))
    return np.asarray(drawn, dtype=np.int64).reshape(n, len(values))


def laplace_loss(distance: int, scale: float) -> float:
    """OpenDP's own account of what `discrete_laplace` costs at L1 distance `distance`."""
    return float(_laplace(scale).map(distance))


def _laplace(scale: float) -> dp.Measurement:
    dp = _opendp()
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l1_distance(T="i64")
    return dp.m.make_laplace(*space, scale=scale)


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


def thresholding(kind: type, scale: float, threshold: int) -> dp.Measurement:
    """Noisy counts by key, without those below `threshold`: {key: count} -> {key: count}."""
    dp = _opendp()
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
    dp = _opendp()
    domain = dp.vector_domain(dp.atom_domain(T=float, nan=False), size=n)
    mechanism = dp.m.make_laplace(domain, dp.l1_distance(T=float), scale=scale, k=grid)
    return np.asarray(mechanism([value] * n))


def _scoring(candidates: Integers, q: float) -> dp.Transformation:
    dp = _opendp()
    domain = dp.vector_domain(dp.atom_domain(T="i64"))
    return dp.t.make_quantile_score_candidates(
        domain, dp.symmetric_distance(), candidates=candidates.tolist(), alpha=q
    )
