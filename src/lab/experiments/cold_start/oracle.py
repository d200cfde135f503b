"""The truth, found another way: features by SQL, the area under the curve by ranks, a fit by another optimiser."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy import optimize, stats
else:
    from lab.lazy import module

    optimize, stats = module("scipy.optimize"), module("scipy.stats")

Floats = NDArray[np.float64]
ITEM_WEIGHT = 5  # ratings that the mean of all counts for in an item's mean: as the page states it

_MEANS = """
    WITH everything AS (SELECT avg(stars) AS mean FROM warm)
    SELECT item, (sum(stars) + $weight * any_value(mean)) / (count(*) + $weight) AS mean
    FROM warm, everything GROUP BY item
"""
_LEVELS = f"""
    WITH means AS ({_MEANS}), everything AS (SELECT avg(stars) AS mean FROM warm)
    SELECT cold.user,
           (sum(cold.stars - coalesce(means.mean, everything.mean) + everything.mean) + $k * $average)
           / (count(*) + $k) AS level
    FROM cold LEFT JOIN means USING (item), everything
    WHERE cold.place < $shown GROUP BY cold.user ORDER BY cold.user
"""


def item_means(warm: pd.DataFrame) -> pd.DataFrame:
    """item, mean: of the ratings of `warm`, drawn to the mean of all."""
    return _ask(_MEANS, {"weight": ITEM_WEIGHT}, warm=warm)


def levels(warm: pd.DataFrame, cold: pd.DataFrame, shown: int, average: float, k: float) -> pd.DataFrame:
    """user, level: of the users of `cold` by their first `shown` ratings, drawn to `average` as by k ratings."""
    given = {"weight": ITEM_WEIGHT, "shown": shown, "average": average, "k": k}
    return _ask(_LEVELS, given, warm=warm, cold=cold)


def _ask(sql: str, given: dict[str, float], **tables: pd.DataFrame) -> pd.DataFrame:
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        return connection.execute(sql, given).df()


def area(likes: Floats, chances: Floats) -> float:
    """AUC: Mann-Whitney's U over the number of pairs."""
    yes, no = chances[likes == 1], chances[likes == 0]
    return float(stats.mannwhitneyu(yes, no, method="asymptotic").statistic) / (len(yes) * len(no))


def log_loss(likes: Floats, chances: Floats) -> float:
    """Mean of -log of the probability of what happened."""
    happened = np.abs(1 - likes - chances)
    return -math.fsum(np.log(happened)) / len(likes)


def logistic_weights(rows: Floats, likes: Floats) -> Floats:
    """Weights of the greatest likelihood on scaled rows, the constant first, by L-BFGS."""
    scaled = np.column_stack([np.ones(len(rows)), stats.zscore(rows)])
    sign = 2 * likes - 1

    def loss(weights: Floats) -> tuple[float, Floats]:
        margin = sign * (scaled @ weights)
        pull = -sign * np.exp(-np.logaddexp(0, margin))
        return float(np.logaddexp(0, -margin).mean()), (scaled * pull[:, None]).mean(axis=0)

    found = optimize.minimize(
        loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B", options={"gtol": 1e-9, "ftol": 1e-15}
    )
    return np.asarray(found.x)
