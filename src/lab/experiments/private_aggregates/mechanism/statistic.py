"""A table's answer, ready to have noise added: integers, what one person can change, how to read them.

Everything here up to `draw` is deterministic, so a statistic can be prepared once and released many times
when errors or privacy are measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lab.experiments.private_aggregates.mechanism import noise
from lab.experiments.private_aggregates.mechanism.errors import QueryError

Floats = NDArray[np.float64]
CONFIDENCE = 0.95


class Statistic(Protocol):
    """What a mechanism makes of a table and a query; a reader's own needs these four."""

    @property
    def answer(self) -> Any:
        """What would be released without noise."""

    def draw(self, epsilon: float, n: int) -> Any:
        """`n` independent releases of `epsilon` each."""

    def loss(self, epsilon: float) -> Any:
        """What a release costs by the library's own account: epsilon, or (epsilon, delta)."""

    def release(self, epsilon: float) -> tuple[Any, Any]:
        """One release: value and interval."""


@dataclass(frozen=True)
class Part:
    """Integers (d,), of any size, that get discrete Laplace noise; sensitivity: L1, by one person; share of epsilon."""

    values: noise.Integers
    sensitivity: float
    share: float = 1.0

    def scale(self, epsilon: float) -> float:
        return noise.laplace_scale(self.sensitivity, epsilon * self.share)


@dataclass(frozen=True)
class Additive:
    """Noise on one or more vectors; `finish` turns (n, d) arrays, one per part, into n answers.

    keys: names of the entries where the answer is a vector.
    """

    parts: tuple[Part, ...]
    finish: Callable[..., Floats]
    keys: tuple[Hashable, ...] = ()

    @property
    def answer(self) -> Floats:
        """What would be released without noise: shape () or (d,)."""
        return self.finish(*(part.values[None, :] for part in self.parts))[0]

    def draw(self, epsilon: float, n: int) -> Floats:
        """`n` independent releases of `epsilon` each: shape (n,) or (n, d)."""
        drawn = [noise.discrete_laplace(part.values, part.scale(epsilon), n) for part in self.parts]
        return self.finish(*drawn)

    def loss(self, epsilon: float) -> float:
        """OpenDP's account of a release; sensitivities must be integers."""
        return sum(noise.laplace_loss(int(part.sensitivity), part.scale(epsilon)) for part in self.parts)

    def release(self, epsilon: float) -> tuple[Any, Any]:
        """One release and its interval at 95 %, each entry by itself: dicts by key where there are keys."""
        drawn = [noise.discrete_laplace(part.values, part.scale(epsilon), 1) for part in self.parts]
        value = self.finish(*drawn)[0]
        low, high = self._interval(drawn, epsilon)
        if not self.keys:
            return value.item(), (low.item(), high.item())
        intervals = {key: (a.item(), b.item()) for key, a, b in zip(self.keys, low, high, strict=True)}
        return dict(zip(self.keys, value.tolist(), strict=True)), intervals

    def _interval(self, drawn: list[noise.Integers], epsilon: float) -> tuple[Floats, Floats]:
        # The answer is monotone in each part on the box of plausible values, so its corners bound it.
        each = 1 - (1 - CONFIDENCE) / len(self.parts)
        reach = [noise.laplace_reach(part.scale(epsilon), each) for part in self.parts]
        signs = np.array(np.meshgrid(*[[-1, 1]] * len(drawn))).reshape(len(drawn), -1)
        moved = (values + r * sign[:, None] for values, r, sign in zip(drawn, reach, signs, strict=True))
        corners = self.finish(*moved)
        return corners.min(axis=0), corners.max(axis=0)


@dataclass(frozen=True)
class Selection:
    """One of `candidates` (m,), by scores (m,) of which low is good; a quantile.

    per_row: what one row of rank error is worth in a score. The interval is of the released value's rank,
    in rows from that of the best candidate; an interval of the value would need more of the data.
    """

    candidates: Floats
    scores: noise.Integers
    sensitivity: float
    per_row: float

    @property
    def answer(self) -> Floats:
        return self.candidates[self.scores.argmin()]

    def scale(self, epsilon: float) -> float:
        return noise.laplace_scale(2 * self.sensitivity, epsilon)

    def draw(self, epsilon: float, n: int) -> Floats:
        """`n` independent releases of `epsilon` each: shape (n,)."""
        return self.candidates[noise.noisy_least(self.scores, self.scale(epsilon), n)]

    def loss(self, epsilon: float) -> float:
        return noise.noisy_least_loss(int(self.sensitivity), self.scale(epsilon))

    def release(self, epsilon: float) -> tuple[float, tuple[float, float]]:
        reach = self.scale(epsilon) * math.log(len(self.candidates) / (1 - CONFIDENCE)) / self.per_row
        return float(self.draw(epsilon, 1)[0]), (-reach, reach)


@dataclass(frozen=True)
class Thresholded:
    """Counts by key that were not known beforehand; a key appears only if its noisy count is large.

    groups: keys that one person can have (L0); sensitivity: L1; most: what a person adds to one key (L-inf).
    delta: chance that a key that only one person has is published, from 1e-15, which is as small as OpenDP
    accounts for. cut: a threshold to use in place of the computed one, for a control.
    """

    counts: dict[Hashable, int]
    groups: int
    sensitivity: float
    most: int
    delta: float
    cut: int | None = None

    def __post_init__(self) -> None:
        if not 1e-15 <= self.delta < 1:
            raise QueryError(
                f"Groups that are not known beforehand need a delta from 1e-15 to 1, not {self.delta}."
            )

    @property
    def answer(self) -> dict[Hashable, int]:
        return self.counts

    def threshold(self, epsilon: float) -> int:
        """Where groups * P(most + noise >= threshold) <= delta; P(X >= t) = p^t / (1+p), p = exp(-1/scale)."""
        if self.cut is not None:
            return self.cut
        scale = self._scale(epsilon)
        tail = self.groups / (self.delta * (1 + math.exp(-1 / scale)))
        return self.most + math.ceil(scale * math.log(tail)) + 1

    def draw(self, epsilon: float, n: int) -> list[dict[Hashable, int]]:
        """`n` independent releases."""
        # OpenDP sees each key's number, so any key will do, and 1 and "1" stay apart. The order of what is
        # published must not tell that of the counts.
        keys = sorted(self.counts, key=lambda key: (str(type(key)), str(key)))
        counts = {place: self.counts[key] for place, key in enumerate(keys)}
        mechanism = noise.thresholding(self._scale(epsilon), self.threshold(epsilon))
        return [{keys[place]: count for place, count in sorted(mechanism(counts).items())} for _ in range(n)]

    def loss(self, epsilon: float) -> tuple[float, float]:
        """OpenDP's account: (epsilon, delta)."""
        distance = (self.groups, int(self.sensitivity), self.most)
        return noise.thresholding_loss(distance, self._scale(epsilon), self.threshold(epsilon))

    def release(self, epsilon: float) -> tuple[dict[Hashable, int], dict[Hashable, tuple[int, int]]]:
        """Published counts with intervals; those of counts near the threshold miss more than 5 %."""
        value = self.draw(epsilon, 1)[0]
        reach = noise.laplace_reach(self._scale(epsilon), CONFIDENCE)
        return value, {key: (count - reach, count + reach) for key, count in value.items()}

    def _scale(self, epsilon: float) -> float:
        return noise.laplace_scale(self.sensitivity, epsilon)
