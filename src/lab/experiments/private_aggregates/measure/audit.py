"""An empirical audit: how much privacy does a mechanism lose at least?

For neighbours A and B, (epsilon, delta)-DP means P(M(A) in E) <= exp(epsilon) P(M(B) in E) + delta for every
event E. One event that breaks this refutes the claim. Half of the outputs serve to find a good event, the
other half to bound its two probabilities; so the bound holds whatever event was found.
Ding et al., StatDP (CCS 2018); Bichsel et al., DP-Sniper (S&P 2021); Jagielski et al. (NeurIPS 2020).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lab.evidence.statistics import clopper_pearson

if TYPE_CHECKING:
    from scipy import stats
else:
    from lab.lazy import module

    stats = module("scipy.stats")

Mechanism = Callable[[Any, int], Any]  # (data set, n) -> n independent outputs
Floats = NDArray[np.float64]
_THRESHOLDS = 200
_ATOMS = 50  # outputs with no more values than these are tried one by one as well


@dataclass(frozen=True)
class Event:
    """A set of outputs: score at least, at most, or exactly `threshold`.

    direction: weights that turn a vector of outputs into one score. swapped: likelier under the second data set.
    """

    relation: str
    threshold: float
    direction: Floats
    swapped: bool

    def holds(self, outputs: Floats) -> NDArray[np.bool_]:
        score = outputs @ self.direction
        if self.relation == "==":
            return score == self.threshold
        return score >= self.threshold if self.relation == ">=" else score <= self.threshold


@dataclass(frozen=True)
class Audit:
    """What was found: (epsilon, delta)-DP does not hold for any smaller `epsilon`.

    hits: outputs in the event, of `trials` from each data set, the likelier first. confidence: of the bound.
    reach: the largest bound that this many trials could have given.
    """

    epsilon: float
    hits: tuple[int, int]
    trials: int
    confidence: float
    reach: float
    event: Event


def audit(
    mechanism: Mechanism,
    neighbours: tuple[Any, Any],
    n: int,
    *,
    confidence: float = 0.95,
    delta: float = 0.0,
) -> Audit:
    """Lower bound on the epsilon of `mechanism`, which is called as a black box.

    mechanism: (data set, n) -> n independent outputs, numbers or vectors of equal length; see `one_by_one`
    and `coded`. neighbours: two data sets that differ by one person. n: outputs from each, at least 100.
    """
    if n < 100:
        raise ValueError(f"an audit needs at least 100 outputs from each data set, not {n}")
    if not (0 < confidence < 1 and 0 <= delta < 1):
        raise ValueError(
            f"confidence must lie between 0 and 1 and delta be below 1, not {confidence} and {delta}"
        )
    first, second = (_table(mechanism(data, n), n) for data in neighbours)
    if first.shape != second.shape:
        raise ValueError(
            f"outputs have {first.shape[1]} numbers for one data set and {second.shape[1]} for the other"
        )
    half = n // 2
    event = _best_event(first[:half], second[:half], confidence, delta)
    likely, rare = (second, first) if event.swapped else (first, second)
    hits = int(event.holds(likely[half:]).sum()), int(event.holds(rare[half:]).sum())
    bound = epsilon_bound(hits, n - half, confidence, delta)
    reach = epsilon_bound((n - half, 0), n - half, confidence, delta)
    return Audit(bound, hits, n - half, confidence, reach, event)


def epsilon_bound(hits: tuple[int, int], trials: int, confidence: float, delta: float = 0.0) -> float:
    """log((low(p) - delta) / high(q)) by Clopper and Pearson, not below 0; right with `confidence`.

    A two-sided interval at `confidence` errs on each side with half of what is left, and two sides are used.
    """
    low = clopper_pearson(hits[0], trials, confidence)[0]
    high = clopper_pearson(hits[1], trials, confidence)[1]
    return max(0.0, math.log((low - delta) / high)) if low > delta else 0.0


def one_by_one(release: Callable[[Any], Any]) -> Mechanism:
    """A mechanism from a function that gives one output per call."""
    return lambda data, n: [release(data) for _ in range(n)]


def coded(mechanism: Mechanism, code: Callable[[Any], Any]) -> Mechanism:
    """A mechanism whose outputs are not numbers, seen through `code`; this can only lose information."""
    return lambda data, n: [code(output) for output in mechanism(data, n)]


def _table(outputs: Any, n: int) -> Floats:
    try:
        values = np.asarray(outputs, dtype=float)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError("the audit needs numbers, or vectors of equal length: see `coded`") from error
    if values.shape[:1] != (n,):
        raise ValueError(
            f"the mechanism was asked for {n:,} outputs and gave an array of shape {values.shape}"
        )
    if not np.isfinite(values).all():
        raise ValueError("the audit needs finite outputs; give infinities and NaN a code")
    return values.reshape(n, -1)


def _best_event(first: Floats, second: Floats, confidence: float, delta: float) -> Event:
    """The event with the best bound on these samples, among half-lines and, if they are few, single values."""
    direction = _direction(first, second)
    scores = np.sort(first @ direction), np.sort(second @ direction)
    best, found = -math.inf, Event(">=", -math.inf, direction, False)
    for relation, thresholds in _candidates(*scores):
        counts = [_count(score, thresholds, relation) for score in scores]
        for swapped in (False, True):
            likely, rare = (counts[1], counts[0]) if swapped else counts
            bounds = _bounds(likely, rare, len(first), confidence, delta)
            place = int(bounds.argmax())
            if bounds[place] > best:
                best = float(bounds[place])
                found = Event(relation, float(thresholds[place]), direction, swapped)
    return found


def _direction(first: Floats, second: Floats) -> Floats:
    # Fisher's discriminant without correlations; entries that tell nothing get no weight.
    spread = (first.var(axis=0) + second.var(axis=0)) / 2
    apart = first.mean(axis=0) - second.mean(axis=0)
    if first.shape[1] == 1:
        return np.ones(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.where(spread > 0, apart / spread, apart)
    noisy = np.sqrt(2 * np.where(spread > 0, spread, 0) / len(first))
    weights = np.where(np.abs(apart) > 4 * noisy, weights, 0)
    return weights if weights.any() else np.eye(first.shape[1])[0]


def _candidates(first: Floats, second: Floats) -> list[tuple[str, Floats]]:
    values = np.unique(np.concatenate([first, second]))
    atoms = [("==", values)] if len(values) <= _ATOMS else []
    spaced = values[np.unique(np.linspace(0, len(values) - 1, _THRESHOLDS).astype(int))]
    pooled = np.quantile(np.concatenate([first, second]), np.linspace(0, 1, _THRESHOLDS), method="nearest")
    thresholds = np.union1d(spaced, pooled)
    return [(">=", thresholds), ("<=", thresholds), *atoms]


def _count(sorted_scores: Floats, thresholds: Floats, relation: str) -> NDArray[np.int64]:
    below = np.searchsorted(sorted_scores, thresholds, "left")
    upto = np.searchsorted(sorted_scores, thresholds, "right")
    if relation == "==":
        return upto - below
    return len(sorted_scores) - below if relation == ">=" else upto


def _bounds(
    likely: NDArray[np.int64], rare: NDArray[np.int64], trials: int, confidence: float, delta: float
) -> Floats:
    tail = (1 - confidence) / 2
    low = np.where(likely > 0, stats.beta.ppf(tail, np.maximum(likely, 1), trials - likely + 1), 0.0)
    high = np.where(rare < trials, stats.beta.ppf(1 - tail, rare + 1, np.maximum(trials - rare, 1)), 1.0)
    return np.log(np.maximum(low - delta, 1e-300) / high)
