"""Counts of a census, and intervals for what was measured: these come from scipy, here under the names that records use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy import stats
else:
    from lab.lazy import module

    stats = module("scipy.stats")

Interval = tuple[float, float]


@dataclass(frozen=True)
class Counted:
    """`count` of `of` cases of a census, which has no interval."""

    count: int
    of: int

    def __str__(self) -> str:
        return f"{self.count} of {self.of}"


def wilson(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """Wilson score interval of a proportion (Wilson 1927)."""
    return _proportion(successes, trials, confidence, "wilson")


def clopper_pearson(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """Exact interval of a proportion (Clopper and Pearson 1934): never covers less than stated."""
    return _proportion(successes, trials, confidence, "exact")


def poisson_rate(count: int, exposure: float, confidence: float = 0.95) -> Interval:
    """Exact interval of a rate of which `count` events were seen in `exposure` (Garwood 1936); bounded at none, too."""
    if count < 0 or not exposure > 0:
        raise ValueError(f"{count} events in {exposure:g} are no rate")
    tail = (1 - confidence) / 2
    low = float(stats.chi2.ppf(tail, 2 * count)) / 2 if count else 0.0
    return low / exposure, float(stats.chi2.ppf(1 - tail, 2 * count + 2)) / 2 / exposure


def bootstrap(
    values: Sequence[float],
    statistic: Callable[..., float] = np.median,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap interval of `statistic` over independent `values` (Efron 1979)."""
    if len(values) < 2:
        raise ValueError("a bootstrap interval needs at least two values")
    found = stats.bootstrap(
        (np.asarray(values, dtype=float),),
        statistic,
        confidence_level=confidence,
        n_resamples=resamples,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high)


def none_seen_bound(trials: int) -> float:
    """Upper 95 % bound on a rate of which nothing was seen in `trials` independent tries: exact, about 3/n from 30 on.

    At a higher rate it would have been seen with a probability of more than 95 % (Hanley 1983).
    """
    if trials < 1:
        raise ValueError("a bound on what was not seen needs at least one try")
    return float(-np.expm1(np.log(0.05) / trials))


def loglog_slope(x: Sequence[float], y: Sequence[float], confidence: float = 0.95) -> tuple[float, Interval]:
    """Exponent b of y = a x^b by least squares on logarithms, with its interval (Student's t)."""
    logs = np.log(np.asarray(x, dtype=float)), np.log(np.asarray(y, dtype=float))
    if len(logs[0]) < 3:
        raise ValueError("a slope with an interval needs at least three points")
    fit = stats.linregress(*logs)
    reach = float(stats.t.ppf((1 + confidence) / 2, len(logs[0]) - 2)) * float(fit.stderr)
    return float(fit.slope), (float(fit.slope) - reach, float(fit.slope) + reach)


def _proportion(successes: int, trials: int, confidence: float, method: str) -> Interval:
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"{successes} of {trials} is not a proportion")
    found = stats.binomtest(successes, trials).proportion_ci(confidence, method=method)
    return float(found.low), float(found.high)
