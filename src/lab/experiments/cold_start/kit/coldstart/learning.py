"""Learning a population from users who have a history."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .attributes import Attributes, Encoder, Floats, encoder
from .population import History, Population, number, own, shrunk
from .weights import foretelling, moments

Rating = tuple[Hashable, Hashable, float]  # (user, item, rating)
RIDGE = 30.0  # users that "no influence" counts for in the influence of an attribute


def learn(
    ratings: Iterable[Rating],
    attributes: Mapping[Any, Attributes],
    groups: Mapping[Any, Iterable[str]],
    histories: Mapping[Any, History] | None = None,
    later: Mapping[Any, History] | None = None,
    scale: tuple[float, float] | None = None,
) -> Population:
    """The population of the users in `ratings`.

    attributes: by user; groups: by item, what its kind is called. histories: what makes the users' features, in order of
    time; all ratings without it. later: what the same users rated afterwards. With it k is fitted so that the beginning
    of a history predicts what came after; without it k comes from variances, as if a beginning were a random sample.
    scale: lowest and highest rating there can be; those seen without it. ValueError for fewer than two users.
    """
    given = list(ratings)
    parts = histories if histories is not None else _by_user(given)
    users = [user for user, history in parts.items() if len(history)]
    if len(users) < 2:
        raise ValueError(f"{len(users)} users with a history are too few to learn from")
    coder = encoder(attributes.get(user, {}) for user in users)
    people = np.array([coder.encode(attributes.get(user, {})) for user in users])
    bare = _bare(given, groups, coder, people, scale)
    owns = [own(bare, parts[user], known=True) for user in users]
    average, by_variance = moments(bare, [parts[user] for user in users], owns)
    weights = by_variance
    if pairs := [(parts[user], later[user]) for user in users if later and len(later.get(user, ()))]:
        weights = foretelling(bare, pairs, average)
    features = np.array([shrunk(mine, average, weights) for mine in owns])
    slopes = _ridge(people, features - features.mean(axis=0))
    return replace(
        bare, average=average, weights=weights, by_variance=by_variance, features=features, slopes=slopes
    )


def _by_user(ratings: Iterable[Rating]) -> dict[Hashable, list[tuple[Hashable, float]]]:
    parts: dict[Hashable, list[tuple[Hashable, float]]] = {}
    for user, item, rating in ratings:
        parts.setdefault(user, []).append((item, rating))
    return parts


def _bare(
    ratings: Sequence[Rating],
    groups: Mapping[Hashable, Iterable[str]],
    coder: Encoder,
    people: Floats,
    scale: tuple[float, float] | None,
) -> Population:
    """Items' means; nothing of users yet."""
    stars = [number(rating) for _, _, rating in ratings]
    if not all(map(math.isfinite, stars)):
        raise ValueError("a rating is not a finite number")
    for item, names in groups.items():
        if isinstance(names, str):
            raise ValueError(f"groups of item {item!r} are the text {names!r}; give a list of names")
    mean = sum(stars) / len(stars)
    sums: dict[Hashable, tuple[float, int]] = {}
    for (_, item, _), each in zip(ratings, stars, strict=True):
        total, count = sums.get(item, (0.0, 0))
        sums[item] = (total + each - mean, count + 1)
    kinds = sorted({name for item in sums for name in groups.get(item, ())})
    places = {name: place for place, name in enumerate(kinds, start=1)}
    known = {item: tuple(places[name] for name in sorted(set(groups.get(item, ())))) for item in sums}
    nothing = np.zeros(len(kinds) + 1)
    empty = np.zeros((0, len(nothing)))
    low, high = scale or (min(stars), max(stars))
    if not low <= min(stars) <= max(stars) <= high:
        raise ValueError(
            f"ratings from {min(stars):g} to {max(stars):g} are outside of the scale {low:g} to {high:g}"
        )
    return Population(
        ("level", *kinds),
        mean,
        (low, high),
        sums,
        known,
        nothing,
        nothing,
        nothing,
        coder,
        people,
        empty,
        empty,
    )


def _ridge(people: Floats, target: Floats) -> Floats:
    """Influence of each attribute on each feature; none where there are too few users to tell."""
    penalty = RIDGE * np.eye(people.shape[1])
    return np.asarray(np.linalg.solve(people.T @ people + penalty, people.T @ target))
