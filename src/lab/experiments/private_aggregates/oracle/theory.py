"""The error that theory gives each statistic; nothing here calls the mechanism or OpenDP.

Discrete Laplace of scale s, p = exp(-1/s): P(x) = (1-p)/(1+p) p^|x|, so E|X| = 2p/(1-p^2) = 1/sinh(1/s) and
E X^2 = 2p/(1-p)^2 (Ghosh, Roughgarden and Sundararajan 2009). For s >> 1, E|X| -> s = sensitivity / epsilon.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Expected:
    """Mean and standard deviation of an absolute error."""

    mean: float
    sd: float

    def times(self, factor: float) -> Expected:
        return Expected(self.mean * factor, self.sd * factor)


def laplace_error(sensitivity: float, epsilon: float) -> Expected:
    """|X| for discrete Laplace noise of scale sensitivity / epsilon."""
    rate = epsilon / sensitivity
    mean, square = 1 / math.sinh(rate), 1 / (math.cosh(rate) - 1)
    return Expected(mean, math.sqrt(square - mean**2))


def laplace_p95(sensitivity: float, epsilon: float) -> int:
    """95th percentile of |X|: the smallest w with P(|X| > w) = 2 p^(w+1) / (1 + p) at most 5 %."""
    rate = epsilon / sensitivity
    return max(0, math.ceil(-math.log(0.05 * (1 + math.exp(-rate)) / 2) / rate - 1))


def shifted_p95(scale: float, shift: float) -> float:
    """95th percentile of |Z - shift| for Laplace Z: P(|Z - c| > t) = exp(-t/s) cosh(c/s) for t >= c >= 0."""
    c = shift / scale
    log_cosh = c + math.log1p(math.exp(-2 * c)) - math.log(2)
    return scale * (math.log(20) + log_cosh)


def epsilon_for(target: float, sensitivity: float, bias: float) -> float:
    """Epsilon at which a sum's 95th percentile of relative error is `target`; inf if the bias alone exceeds it.

    sensitivity, bias: of one person and of clipping, as shares of the true sum.
    """
    if bias >= target:
        return math.inf
    low, high = math.log(1e-9), math.log(1e9)  # of the scale, which the error grows with
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if shifted_p95(math.exp(middle), bias) < target else (low, middle)
    return sensitivity / math.exp(low)


def mean_error(above: float, rows: int, half_range: float, per_person: int, epsilon: float) -> Expected:
    """|noisy sum / noisy count - sum / count|, with epsilon / 2 for each of the two.

    above: sum of (value - middle); half_range: largest |value - middle|; per_person: rows that count of one.
    Given the count's noise, the error is |Z - c| / count for Laplace Z of scale b: E|Z - c| = |c| + b exp(-|c|/b)
    and E(Z - c)^2 = c^2 + 2 b^2. The sum's grid is so fine that its noise counts as continuous.
    """
    b = per_person * half_range / (epsilon / 2)
    noise, chance = _discrete_laplace(per_person / (epsilon / 2))
    count = np.maximum(rows + noise, 1)
    c = above * count / rows - above
    mean = float(chance @ ((np.abs(c) + b * np.exp(-np.abs(c) / b)) / count))
    square = float(chance @ ((c**2 + 2 * b**2) / count**2))
    return Expected(mean, math.sqrt(square - mean**2))


def _discrete_laplace(scale: float) -> tuple[Floats, Floats]:
    reach = math.ceil(40 * scale) + 1
    noise = np.arange(-reach, reach + 1, dtype=float)
    chance = np.exp(-np.abs(noise) / scale)
    return noise, chance / chance.sum()


def quantile_error(values: Floats, candidates: Floats, q: float, per_person: int, epsilon: float) -> Expected:
    """Rank error of report noisy max with exponential noise, in rows.

    It picks as permute-and-flip does (McKenna and Sheldon 2020): with a = (best - utility) / scale and
    scale = 2 * sensitivity / epsilon, P(i) = exp(-a_i) * integral over x in (0, 1) of the product of
    1 - x exp(-a_j) over j != i. A polynomial in x, so Gauss and Legendre's rule is exact.
    """
    errors = rank_errors(values, candidates, q)
    scale = 2 * per_person * max(q, 1 - q) / epsilon
    chance = permute_and_flip(-errors / scale)
    mean = float(chance @ errors)
    return Expected(mean, math.sqrt(max(0.0, float(chance @ errors**2) - mean**2)))


def permute_and_flip(utilities: Floats) -> Floats:
    """Probability of each candidate; utilities in units of the noise's scale."""
    tail = np.exp(utilities - utilities.max())
    nodes, weights = np.polynomial.legendre.leggauss(len(utilities) // 2 + 1)
    x = (nodes + 1) / 2
    factors = 1 - x[:, None] * tail[None, :]
    logs = np.log(factors)
    return tail * ((weights / 2) @ np.exp(logs.sum(axis=1, keepdims=True) - logs))


def rank_errors(values: Floats, candidates: Floats, q: float) -> Floats:
    """By how many rows each candidate misses being a q-quantile of `values`."""
    below, upto = _ranks(values, candidates)
    aim = q * len(values)
    return np.maximum(0, np.maximum(below - aim, aim - upto))


def _ranks(values: Floats, candidates: Floats) -> tuple[Floats, Floats]:
    # Grid points like 0.30000000000000004 must still equal the values that they stand for.
    ordered, near = np.sort(values), 1e-9
    return (
        np.searchsorted(ordered, candidates - near, "left").astype(float),
        np.searchsorted(ordered, candidates + near, "right").astype(float),
    )


def simulated_laplace(scale: float, n: int, seed: int) -> NDArray[np.int64]:
    """Discrete Laplace noise by an independent way: the difference of two geometric variates."""
    random, chance = np.random.default_rng(seed), -math.expm1(-1 / scale)
    return random.geometric(chance, n) - random.geometric(chance, n)
