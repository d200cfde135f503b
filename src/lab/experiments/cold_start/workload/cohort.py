"""The cold-start cohort, synthetic in one respect: real users, held out whole, whose histories are cut after n interactions.

Each user's ratings are put in the order of their seconds. The first half is the history of which n are shown; the second half
is what is predicted, for every n the same. Users have 20 ratings or more, so all have a history of at least 10. Three
quarters of the ratings share their second with another of the user's: the seed breaks ties, and other seeds show what that does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.experiments.cold_start.params import LIKED
from lab.experiments.cold_start.workload.ratings import Data

History = list[tuple[int, float]]


@dataclass(frozen=True)
class Fold:
    """warm: ratings of the users learnt from; cold: of those held out. Columns as of `Cohort.ratings`."""

    warm: pd.DataFrame
    cold: pd.DataFrame


@dataclass(frozen=True)
class Cohort:
    """ratings: user, item, stars, second, place (in the user's order), history (True in the first half), like, fold."""

    data: Data
    ratings: pd.DataFrame

    def folds(self) -> Iterator[Fold]:
        """Each part of the users held out once."""
        for number in sorted(self.ratings["fold"].unique()):
            out = self.ratings["fold"] == number
            yield Fold(self.ratings[~out], self.ratings[out])


def cohort(data: Data, folds: int, seed: int, order: int = 0) -> Cohort:
    """The users in `folds` parts by `seed`; ratings of a second in an order by `order`."""
    ties = np.random.default_rng([seed, order]).random(len(data.ratings))
    ratings = data.ratings.assign(tie=ties).sort_values(["user", "second", "tie"], ignore_index=True)
    by_user = ratings.groupby("user")
    place, count = by_user.cumcount(), by_user["item"].transform("size")
    users = np.sort(ratings["user"].unique())
    part = dict(
        zip(np.random.default_rng(seed).permutation(users), np.arange(len(users)) % folds, strict=True)
    )
    made = ratings.assign(
        place=place,
        history=place < count // 2,
        like=(ratings["stars"] >= LIKED).astype(float),
        fold=ratings["user"].map(part),
    )
    return Cohort(data, made.drop(columns="tie"))


def histories(ratings: pd.DataFrame, after: bool = False) -> dict[int, History]:
    """Each user's first half, in order; or what came `after` it."""
    found: dict[int, History] = {}
    for user, item, stars in triples(ratings[ratings["history"] != after]):
        found.setdefault(user, []).append((item, stars))
    return found


def triples(ratings: pd.DataFrame) -> list[tuple[int, int, float]]:
    """(user, item, stars) of each rating."""
    return list(
        zip(ratings["user"].tolist(), ratings["item"].tolist(), ratings["stars"].tolist(), strict=True)
    )
