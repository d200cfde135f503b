"""Predictions for the cold cohort: each fold of users is held out once, and what is learnt is learnt from the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.experiments.cold_start.measure.seen import Floats, Key, Predictions
from lab.experiments.cold_start.mechanism import (
    Items,
    Model,
    Population,
    Strategy,
    fit,
    inputs,
    known_items,
    learn,
)
from lab.experiments.cold_start.params import SCALE, WARM
from lab.experiments.cold_start.workload.arms import WARM_FACTORY, Arm
from lab.experiments.cold_start.workload.cohort import Cohort, Fold, History, histories, triples
from lab.experiments.cold_start.workload.ratings import Data


@dataclass(frozen=True)
class Learnt:
    """What a fold's warm users gave."""

    data: Data
    fold: Fold
    population: Population
    model: Model


@dataclass(frozen=True)
class Held:
    """A fold's cold users and the ratings of theirs that are predicted. row: the user's place for each rating."""

    users: list[int]
    shown: dict[int, History]
    asked: pd.DataFrame
    row: np.ndarray
    items: Items


def learn_all(cohort: Cohort) -> list[Learnt]:
    """Of each fold."""
    return [learnt(cohort.data, fold) for fold in cohort.folds()]


def predictions(folds: Sequence[Learnt], arms: Sequence[Arm]) -> Predictions:
    """All arms, and the warm baseline, on all folds."""
    parts: list[tuple[pd.DataFrame, dict[Key, Floats]]] = []
    weights, textbook = [], []
    for known in folds:
        held = held_out(known)
        found = {
            (arm.name, count): _chances(known, held, arm.factory(known.population), count)
            for arm in [*arms, Arm("", WARM_FACTORY, (WARM,))]
            for count in arm.interactions
        }
        parts.append((held.asked, found))
        weights.append(known.population.weights[[0, -1]])
        textbook.append(known.population.by_variance[[0, -1]])
    asked = pd.concat([part for part, _ in parts])
    chances = {key: np.concatenate([found[key] for _, found in parts]) for key in parts[0][1]}
    return Predictions(
        asked["user"].to_numpy(),
        asked["fold"].to_numpy(),
        asked["like"].to_numpy(),
        {key: values for key, values in chances.items() if key[0]},
        chances["", WARM],
        *(
            (float(each[:, 0].mean()), float(each[:, 1].mean()))
            for each in map(np.array, (weights, textbook))
        ),
    )


def learnt(data: Data, fold: Fold) -> Learnt:
    """Population and model of a fold's warm users: features from first halves, the model's rows from second halves.

    So that a rating never helps to predict itself, it is left out of its item's mean.
    """
    shown = histories(fold.warm)
    later = histories(fold.warm, after=True)
    population = learn(triples(fold.warm), data.attributes, data.groups, shown, later, SCALE)
    rows = {user: number for number, user in enumerate(shown)}
    asked = fold.warm[~fold.warm["history"]]
    items = known_items(population, asked["item"].tolist(), asked["stars"].tolist())
    features = population.features[asked["user"].map(rows)]
    return Learnt(data, fold, population, fit(inputs(items, features), asked["like"].to_numpy()))


def held_out(known: Learnt) -> Held:
    cold = known.fold.cold
    shown = histories(cold)
    asked = cold[~cold["history"]]
    rows = {user: number for number, user in enumerate(shown)}
    items = known_items(known.population, asked["item"].tolist())
    return Held(list(shown), shown, asked, asked["user"].map(rows).to_numpy(), items)


def _chances(known: Learnt, held: Held, strategy: Strategy, count: int) -> Floats:
    """Predicted chance of a like, for users of whom `count` interactions are shown."""
    features = np.array(
        [strategy(known.data.attributes[user], _first(held.shown[user], count)) for user in held.users]
    )
    return known.model.probability(inputs(held.items, features[held.row]))


def _first(history: History, count: int) -> History:
    return history if count == WARM else history[:count]
