"""The simple model that features are for: will this user like this item? Logistic regression by Newton's method."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .population import Features, Population

Floats = NDArray[np.float64]
RIDGE = 1e-6  # keeps the weights finite where the classes can be told apart without error


@dataclass(frozen=True)
class Model:
    """mean, deviation: of the inputs, by which they are scaled. weights: the first is the constant."""

    mean: Floats
    deviation: Floats
    weights: Floats

    def probability(self, inputs: Floats) -> Floats:
        """Of a like, for each row."""
        return _sigmoid(self.design(inputs) @ self.weights)

    def design(self, inputs: Floats) -> Floats:
        """Scaled inputs with a constant."""
        scaled = (inputs - self.mean) / self.deviation
        return np.column_stack([np.ones(len(scaled)), scaled])


@dataclass(frozen=True)
class Items:
    """What is known of an item, a row each: mean rating, log of its ratings, share of each feature's group in it."""

    means: Floats
    counts: Floats
    shares: Floats


def known_items(population: Population, items: Sequence[Hashable], own: Sequence[float] = ()) -> Items:
    """Of each of `items`. own: ratings by the user in question, where they are among those learnt from."""
    known = len(own) > 0
    distinct = {item: place for place, item in enumerate(dict.fromkeys(items))}
    rows = np.array([distinct[item] for item in items], dtype=np.int64)
    shares = np.zeros((len(distinct), len(population.names)))
    for item, place in distinct.items():
        places = list(population.groups.get(item, ()))
        shares[place, places] = 1 / max(len(places), 1)
    counts = np.array([np.log1p(population.count(item) - known) for item in distinct])
    if known:
        means = np.array([population.expected(*each) for each in zip(items, own, strict=True)])
    else:
        means = np.array([population.expected(item) for item in distinct])[rows]
    return Items(means, counts[rows], shares[rows])


def inputs(items: Items, features: Features) -> Floats:
    """A row for each item. features: of one user for all rows, or a row for each."""
    rows = np.broadcast_to(features, items.shares.shape)
    return np.column_stack([items.means, items.counts, rows[:, 0], (rows * items.shares).sum(axis=1)])


def fit(rows: Floats, likes: Floats, rounds: int = 30) -> Model:
    """The weights of the greatest likelihood. ValueError if there is nothing to tell apart."""
    rows, likes = np.asarray(rows, dtype=float), np.asarray(likes, dtype=float)
    if not (np.isfinite(rows).all() and set(np.unique(likes)) == {0.0, 1.0}):
        raise ValueError("a model needs finite inputs, and both likes (1) and others (0)")
    model = Model(rows.mean(axis=0), np.where(rows.std(axis=0) > 0, rows.std(axis=0), 1.0), np.zeros(0))
    design = model.design(rows)
    weights = np.zeros(design.shape[1])
    for _ in range(rounds):
        chance = _sigmoid(design @ weights)
        slope = design.T @ (likes - chance) - RIDGE * weights
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + RIDGE * np.eye(len(weights))
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-10:
            break
    return Model(model.mean, model.deviation, weights)


def _sigmoid(z: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(z, -500, 500))))
