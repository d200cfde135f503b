"""How often to compact: the law behind the ladder of frequencies, and its optimum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Rhythm:
    """What a micro-batch costs if k of them pass between compactions, s.

    queries x (read_s + growth_s x k) + compact_s / k + rewrite_s: small files pile up in proportion to k, and a
    compaction's fixed part is shared by k micro-batches. rewrite_s: what each micro-batch's own bytes cost.
    """

    read_s: float
    growth_s: float
    compact_s: float
    rewrite_s: float

    def query_s(self, every: ArrayLike) -> NDArray[np.float64]:
        """Seconds of a query, on average over the micro-batches."""
        return self.read_s + self.growth_s * np.asarray(every, dtype=float)

    def compaction_s(self, every: ArrayLike) -> NDArray[np.float64]:
        """Seconds of compaction for each micro-batch."""
        return self.compact_s / np.asarray(every, dtype=float) + self.rewrite_s

    def total_s(self, every: ArrayLike, queries: float) -> NDArray[np.float64]:
        """Both, with `queries` queries during a micro-batch's interval."""
        return queries * self.query_s(every) + self.compaction_s(every)

    def best(self, queries: float) -> float:
        """k with the least total: sqrt(compact_s / (queries x growth_s)), at least 1."""
        if not self.growth_s:
            return math.inf
        return max(1.0, math.sqrt(self.compact_s / (queries * self.growth_s)))


def held_rung(ladder: Sequence[int]) -> int:
    """The frequency that the law is not fitted on, but has to predict: the middle one."""
    return sorted(ladder)[len(ladder) // 2]


def without_held(frequency: pd.DataFrame) -> pd.DataFrame:
    """The rungs that the law is fitted on."""
    return frequency[frequency["every"] != held_rung(frequency["every"].tolist())]


def rhythm(frequency: pd.DataFrame) -> Rhythm:
    """The law fitted on the rungs (columns every, query_s, compaction_s); no constant is negative."""
    every = frequency["every"].to_numpy(float)
    growth, read = np.polyfit(every, frequency["query_s"], 1)
    fixed, rewrite = np.polyfit(1 / every, frequency["compaction_s"], 1)
    return Rhythm(*(max(0.0, float(value)) for value in (read, growth, fixed, rewrite)))
