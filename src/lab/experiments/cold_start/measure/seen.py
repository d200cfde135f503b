"""What the measurements of one run give, before anything is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Key = tuple[str, int]  # (strategy, interactions it was shown)


@dataclass(frozen=True)
class Predictions:
    """Of the ratings in the second halves of all users, each predicted while its user was held out.

    users, folds, likes: of each rating. chances: predicted, by strategy and interactions. warm: of the warm baseline.
    weights: k of the level and of the groups, by_variance: the textbook's, means over folds.
    """

    users: NDArray[np.int64]
    folds: NDArray[np.int64]
    likes: Floats
    chances: Mapping[Key, Floats]
    warm: Floats
    weights: tuple[float, float]
    by_variance: tuple[float, float]


@dataclass(frozen=True)
class Exact:
    """Numbers that differ from the oracle's, of how many compared."""

    differing: int
    compared: int
    what: str = ""


@dataclass(frozen=True)
class Phase:
    """One phase of the cache with one client.

    latencies_ms: from the intended time. sources: how many answers came from where. wrong: answers that are missing or
    not what is due. on_time: share handed over within 20 ms of the schedule.
    """

    client: str
    name: str
    latencies_ms: Floats
    sources: Mapping[str, int]
    wrong: int
    on_time: float


@dataclass(frozen=True)
class Seen:
    """One run. orders: log-loss above the baseline's by order of ties, a column for each n. levels: see
    `level.squared_errors`. None: not measured.
    """

    predictions: Predictions
    orders: pd.DataFrame | None = None
    held_out: Exact | None = None
    features: Exact | None = None
    scores: Exact | None = None
    levels: pd.DataFrame | None = None
    phases: Sequence[Phase] = ()
