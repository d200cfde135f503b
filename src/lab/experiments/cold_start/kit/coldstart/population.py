"""What is learnt from users with a history: items' means, the average user, how much users differ and why.

A user's features are in units of a rating. `level`: the mean rating that this user would give to the average item, which is how
generous the user is. One more for each group of items (a genre): how much more the user likes it than the level says.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .attributes import Encoder, Floats

Features = Floats
History = Sequence[tuple[Hashable, float]]  # (item, rating), the order does not matter

ITEM_WEIGHT = 5.0  # ratings that the mean of all counts for in the mean of an item


@dataclass(frozen=True)
class Population:
    """What `learn` found.

    names: of the features. scale: lowest and highest rating. sums: deviations from `mean` and their number, by item.
    groups: places of an item's groups in `names`. average: the average user's features. weights: k of each feature, the
    ratings that the default counts for. by_variance: the k that variances give. people, features: a row for each user learnt
    from. slopes: influence of each attribute.
    """

    names: tuple[str, ...]
    mean: float
    scale: tuple[float, float]
    sums: Mapping[Hashable, tuple[float, int]]
    groups: Mapping[Hashable, tuple[int, ...]]
    average: Features
    weights: Features
    by_variance: Features
    encoder: Encoder
    people: Floats
    features: Floats
    slopes: Floats

    def expected(self, item: Hashable, own: float | None = None) -> float:
        """Mean rating of `item`, drawn to the mean of all. own: a rating of the user in question, to be left out."""
        total, count = self.sums.get(item, (0.0, 0))
        if own is not None:
            total, count = total - (own - self.mean), count - 1
        return self.mean + total / (count + ITEM_WEIGHT)

    def deviation(self, item: Hashable, rating: float, known: bool = False) -> float:
        """Of a rating from what is expected. ValueError for one outside of the scale, or that is no number."""
        low, high = self.scale
        stars = rating if type(rating) is float else number(rating)
        if not low <= stars <= high:
            raise ValueError(
                f"rating {rating!r} of item {item!r} is outside of the scale {low:g} to {high:g}"
            )
        return stars - self.expected(item, rating if known else None)

    def count(self, item: Hashable) -> int:
        """How many ratings of `item` were learnt from."""
        return self.sums.get(item, (0.0, 0))[1]


@dataclass(frozen=True)
class Own:
    """What a history alone says. values: plain means, of groups relative to the user's level; counts: ratings behind each."""

    values: Features
    counts: Floats

    def relative_to(self, level: float) -> Own:
        """With groups relative to another level than the history's own: a better one, if the history is short."""
        values = np.where(self.counts > 0, self.values + self.values[0] - level, 0.0)
        values[0] = self.values[0]
        return Own(values, self.counts)


def number(rating: object) -> float:
    """NaN for what is no number: text too, which another program may have meant otherwise."""
    try:
        return math.nan if isinstance(rating, (str, bytes)) else float(rating)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def own(population: Population, history: History, known: bool = False) -> Own:
    """Features by plain means over `history`.

    known: its ratings are among those learnt from, and are left out of their items' means.
    """
    size = len(population.names)
    sums, counts = [0.0] * size, [0] * size
    for item, rating in history:
        deviation = population.deviation(item, rating, known)
        for place in (0, *population.groups.get(item, ())):
            sums[place] += deviation
            counts[place] += 1
    some = np.array(counts, dtype=float)
    means = np.array(sums) / np.maximum(some, 1)
    values = np.where(some > 0, means - means[0], 0.0)
    values[0] = population.mean + means[0] if counts[0] else 0.0
    return Own(values, some)


def shrunk(mine: Own, prior: Features, weights: Features) -> Features:
    """(n own + k prior) / (n + k), feature by feature; first the level, then the groups relative to it."""
    share = mine.counts / (mine.counts + weights)
    level = share[0] * mine.values[0] + (1 - share[0]) * prior[0]
    found = share * mine.relative_to(level).values + (1 - share) * prior
    found[0] = level
    return np.asarray(found)
