"""k, the ratings that the default counts for: one for the level, one that all groups share. Two ways to find it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .attributes import Floats
from .population import Features, History, Own, Population, own

LEAST_SHARE = 1e-3  # of the noise that users at least differ by: keeps k finite
CUTS = (1, 2, 3, 5, 10)  # beginnings of a history that have to predict the rest
TRIED = np.geomspace(0.1, 10_000, 101)  # values of k


def moments(
    population: Population, histories: Sequence[History], owns: Sequence[Own]
) -> tuple[Features, Features]:
    """The average user, and k = variance within users / variance between them, by the method of moments.

    It takes a history for a random sample of what the user thinks. The groups share one k: single ones are rated too rarely.
    """
    noise = _noise(population, histories, owns)
    values, counts = np.array([mine.values for mine in owns]), np.array([mine.counts for mine in owns])
    average = (values * counts).sum(axis=0) / np.maximum(counts.sum(axis=0), 1)
    average[0] = values[:, 0].mean()
    levels = values[:, 0].var() - noise * (1 / counts[:, 0]).mean()
    seen = counts[:, 1:] > 0
    away = ((values - average)[:, 1:] ** 2 * counts[:, 1:])[seen]
    # Weighted by n, the noise of each mean counts the same: n (spread + noise / n).
    spread = (away.sum() - noise * seen.sum()) / max(counts[:, 1:].sum(), 1)
    least = LEAST_SHARE * noise
    weights = np.full(len(average), noise / max(float(spread), least))
    weights[0] = noise / max(float(levels), least)
    return average, weights


def _noise(population: Population, histories: Sequence[History], owns: Sequence[Own]) -> float:
    """Variance of a user's ratings around the user's level."""
    left, degrees = 0.0, 0
    for history, mine in zip(histories, owns, strict=True):
        reference = mine.values[0] - population.mean
        left += sum((population.deviation(*each, known=True) - reference) ** 2 for each in history)
        degrees += len(history) - 1
    return max(left / max(degrees, 1), 1e-9)


def foretelling(
    population: Population, pairs: Sequence[tuple[History, History]], average: Features
) -> Features:
    """k by trial: with it, n/(n+k) of a history's beginning comes closest to what the same user rated later.

    Where beginnings are no random sample (tastes drift, the first items were suggested), it is larger than by variances.
    """
    after = [own(population, later, known=True) for _, later in pairs]
    level = [
        (count, mine.values[0] - average[0], rest.values[0] - average[0], rest.counts[0])
        for count in CUTS
        for (history, _), rest in zip(pairs, after, strict=True)
        if len(history) >= count
        for mine in [own(population, history[:count], known=True)]
    ]
    whole = [own(population, history, known=True) for history, _ in pairs]
    groups = [
        (
            mine.counts[place],
            mine.values[place] - average[place],
            rest.values[place] - average[place],
            rest.counts[place],
        )
        for mine, rest in zip(whole, after, strict=True)
        for place in range(1, len(average))
        if mine.counts[place] and rest.counts[place]
    ]
    weights = np.full(len(average), _closest(np.array(groups, dtype=float)))
    weights[0] = _closest(np.array(level, dtype=float))
    return weights


def _closest(rows: Floats) -> float:
    """The k of TRIED with the least squared error. rows: n, beginning, what came after, ratings behind that."""
    if not len(rows):
        return float(TRIED[-1])
    count, begun, after, weight = rows.T
    errors = [(weight * (after - count / (count + k) * begun) ** 2).sum() for k in TRIED]
    return float(TRIED[int(np.argmin(errors))])
