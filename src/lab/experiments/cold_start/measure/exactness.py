"""What the oracle is asked: of one fold, everything that others can compute too."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from lab.experiments.cold_start import oracle
from lab.experiments.cold_start.measure.evaluation import Learnt, held_out, learnt
from lab.experiments.cold_start.measure.seen import Exact, Floats
from lab.experiments.cold_start.mechanism import inputs, known_items, shrinkage
from lab.experiments.cold_start.params import Params
from lab.experiments.cold_start.workload.cohort import cohort

SHOWN = 5  # interactions of those whose level is recomputed
CLOSE = 1e-8  # a thousandth of the last digit that anything shows
NEAR = 1e-3  # of a weight: L-BFGS stops where the likelihood is flat


def turned_around(params: Params, known: Learnt) -> Exact:
    """What is learnt of the first fold, again after its held-out users' ratings were turned upside down."""
    ratings = known.data.ratings
    out = ratings["user"].isin(known.fold.cold["user"])
    turned = ratings.assign(stars=ratings["stars"].where(~out, 6 - ratings["stars"]))
    after = next(cohort(replace(known.data, ratings=turned), params.folds, params.seed).folds())
    assert not np.array_equal(known.fold.cold["stars"], after.cold["stars"])  # they were turned
    first, second = _numbers(known), _numbers(learnt(known.data, after))
    return Exact(int((first != second).sum()), len(first), "numbers learnt")


def _numbers(known: Learnt) -> Floats:
    """Everything learnt, in one row."""
    population, model = known.population, known.model
    sums = [value for pair in population.sums.values() for value in pair]
    arrays = [
        getattr(population, name)
        for name in ("average", "weights", "by_variance", "people", "features", "slopes")
    ]
    arrays += [getattr(model, field.name) for field in fields(model)]
    return np.concatenate([np.array([population.mean, *sums]), *(np.ravel(each) for each in arrays)])


def features(known: Learnt) -> Exact:
    """Items' means, and levels after SHOWN interactions, beside DuckDB's from the ratings."""
    fold, population = known.fold, known.population
    means = oracle.item_means(fold.warm)
    ours = np.array([population.expected(item) for item in means["item"]])
    average, k = float(population.average[0]), float(population.weights[0])
    levels = oracle.levels(fold.warm, fold.cold, SHOWN, average, k)
    strategy, held = shrinkage(population), held_out(known)
    own = np.array([strategy({}, held.shown[user][:SHOWN])[0] for user in levels["user"]])
    differing = int(
        (np.abs(ours - means["mean"]) > CLOSE).sum() + (np.abs(own - levels["level"]) > CLOSE).sum()
    )
    return Exact(differing, len(means) + len(levels), f"{len(means):,} items' means, {len(levels):,} levels")


def weights(known: Learnt) -> Exact:
    """The model's weights beside those that scipy finds."""
    fold = known.fold
    asked = fold.warm[~fold.warm["history"]]
    rows = {user: number for number, user in enumerate(fold.warm.loc[fold.warm["history"], "user"].unique())}
    items = known_items(known.population, asked["item"].tolist(), asked["stars"].tolist())
    given = inputs(items, known.population.features[asked["user"].map(rows)])
    found = oracle.logistic_weights(given, asked["like"].to_numpy())
    return Exact(int((np.abs(found - known.model.weights) > NEAR).sum()), len(found), "weights")
