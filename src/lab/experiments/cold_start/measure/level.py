"""The level's own error: how far the shrunken level of a held-out user is from what the same user rated later."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lab.experiments.cold_start.measure.evaluation import Learnt
from lab.experiments.cold_start.params import LADDER, WARM

DRAWS = 10  # orders of the ratings of a second that are averaged over


def squared_errors(learnt: Sequence[Learnt], seed: int) -> pd.DataFrame:
    """Stars²: a row for each user, held out, a column for each number of interactions and WARM for the first half.

    The level is drawn to the average user's. What chance in the later ratings adds (their variance / their number) is
    taken off, so that a level without error has 0; a mean over users, since it says nothing of one.
    """
    random = np.random.default_rng([seed, 11])
    return pd.concat([_fold(known, random) for known in learnt]).sort_index()


def _fold(known: Learnt, random: np.random.Generator) -> pd.DataFrame:
    population, cold = known.population, known.fold.cold
    usual = float(population.average[0]) - population.mean
    pairs = zip(cold["item"].tolist(), cold["stars"].tolist(), strict=True)
    away = cold.assign(away=[population.deviation(item, stars) - usual for item, stars in pairs])
    drawn = [_errors(away, float(population.weights[0]), random) for _ in range(DRAWS)]
    return pd.concat(drawn).groupby(level=0).mean()


def _errors(away: pd.DataFrame, k: float, random: np.random.Generator) -> pd.DataFrame:
    """With the ratings of a second in one order."""
    drawn = away.assign(tie=random.random(len(away))).sort_values(["user", "second", "tie"])
    by_user = drawn.groupby("user")
    place, half = by_user.cumcount(), by_user["away"].transform("size") // 2
    sums = by_user["away"].cumsum()
    after = drawn[place >= half].groupby("user")["away"].agg(["mean", "var", "size"])
    chance = after["var"] / after["size"]
    found = {}
    for count in (*LADDER, WARM):
        shown = half if count == WARM else half.clip(upper=count)
        own = pd.Series(sums[place == shown - 1].to_numpy(), after.index) if count else 0.0 * chance
        seen = shown.groupby(drawn["user"]).first()
        found[count] = (after["mean"] - own / (seen + k)) ** 2 - chance
    return pd.DataFrame(found)
