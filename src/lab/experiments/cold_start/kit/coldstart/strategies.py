"""Ways to serve a user of whom little is known. Each is made from a population; what it makes is a plain function

    (user_attributes, history) -> features

that never fails for want of a history, and so can be cached, replaced and compared with any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .attributes import Attributes
from .population import Features, History, Population, own, shrunk

Strategy = Callable[[Attributes, History], Features]
Factory = Callable[[Population], Strategy]

SEGMENT = 50  # users in a segment


def popularity(population: Population) -> Strategy:
    """The average user for everybody: items are ranked by what others think of them."""
    return lambda attributes, history: population.average.copy()


def by_attributes(population: Population) -> Strategy:
    """What users like this one, by a linear model of their attributes, are on average."""

    def features(attributes: Attributes, history: History) -> Features:
        row = population.encoder.encode(attributes)
        return np.asarray(population.features.mean(axis=0) + row @ population.slopes)

    return features


def nearest_segment(population: Population, size: int = SEGMENT) -> Strategy:
    """The mean of the `size` users with the most similar attributes."""

    def features(attributes: Attributes, history: History) -> Features:
        away = ((population.people - population.encoder.encode(attributes)) ** 2).sum(axis=1)
        nearest = np.argsort(away, kind="stable")[:size]
        return np.asarray(population.features[nearest].mean(axis=0))

    return features


def shrinkage(population: Population, prior: Factory = popularity) -> Strategy:
    """n/(n+k) of the history, k/(n+k) of the prior, which may be any other strategy. Another k: replace `weights`."""
    fallback, weights = prior(population), population.weights

    def features(attributes: Attributes, history: History) -> Features:
        start = fallback(attributes, history)
        if not len(history):
            return start
        return shrunk(own(population, history), start, weights)

    return features


def shrinkage_to_attributes(population: Population) -> Strategy:
    """Shrinkage to what the attributes say instead of to the average."""
    return shrinkage(population, by_attributes)


def first_interactions(population: Population) -> Strategy:
    """The history taken at its word, however short; the average where it says nothing."""
    return shrinkage(_unweighted(population))


def zeros(population: Population) -> Strategy:
    """The mistake: what is missing becomes 0 before it is scaled, as fillna(0) does; else the history at its word."""
    return shrinkage(
        _unweighted(population), lambda known: lambda attributes, history: np.zeros(len(known.names))
    )


def _unweighted(population: Population) -> Population:
    return replace(population, weights=np.full(len(population.names), 1e-9))


STRATEGIES: dict[str, Factory] = {
    "popularity": popularity,
    "attributes": by_attributes,
    "nearest segment": nearest_segment,
    "first interactions": first_interactions,
    "shrinkage": shrinkage,
    "shrinkage to attributes": shrinkage_to_attributes,
}
