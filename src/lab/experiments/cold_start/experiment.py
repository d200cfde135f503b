"""Users held out and their features made by each strategy; then the features served from a cache that fails."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata

import numpy as np
import pandas as pd

from lab.evidence.result import Result
from lab.experiments.cold_start import oracle
from lab.experiments.cold_start.judge.metrics import metrics, tables
from lab.experiments.cold_start.judge.observations import of_run, of_strategy, serving
from lab.experiments.cold_start.judge.scores import Judge, auc, log_losses
from lab.experiments.cold_start.measure import exactness, service
from lab.experiments.cold_start.measure.evaluation import Learnt, learn_all, predictions
from lab.experiments.cold_start.measure.level import squared_errors
from lab.experiments.cold_start.measure.seen import Exact, Phase, Predictions, Seen
from lab.experiments.cold_start.mechanism import STRATEGIES, Factory
from lab.experiments.cold_start.params import Params
from lab.experiments.cold_start.workload import arms, ratings
from lab.experiments.cold_start.workload.arms import NEIGHBOUR, RECOMMENDED, ZEROS, Arm
from lab.experiments.cold_start.workload.cohort import cohort
from lab.progress import Steps, steps
from lab.services.redis import redis

CLOSE = 1e-9


def run(params: Params, strategy: Factory = STRATEGIES[RECOMMENDED], name: str = RECOMMENDED) -> Result:
    """One strategy, a reader's own too, beside popularity and the warm baseline; no cache.

    strategy: population -> ((user_attributes, history) -> features).
    """
    chosen = [Arm(name, strategy)] + [arm for arm in arms.arms() if arm.name == "popularity" != name]
    learnt = learn_all(cohort(ratings.movielens(), params.folds, params.seed))
    return _result(params, Seen(predictions(learnt, chosen)), name, {})


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """All strategies, the oracle, orders of ties, and the cache under faults; zero imputation and the client's defaults."""
    with steps(6 + len(arms.clients(params))) as work:
        work.next("ratings")
        learnt = learn_all(cohort(ratings.movielens(), params.folds, params.seed))
        work.next("strategies")
        zero = arms.zero_imputation()
        found = predictions(learnt, [*arms.arms(), zero, arms.by_variance(), *arms.neighbours()])
        work.next("oracle")
        turned, features = exactness.turned_around(params, learnt[0]), exactness.features(learnt[0])
        scores = _scores_exact(learnt[0], found)
        work.next("orders")
        orders, levels = _orders(params, found), squared_errors(learnt, params.seed)
        phases, versions = _served(params, learnt[0], work)
        work.next("bootstrap")
        seen = Seen(found, orders, turned, features, scores, levels, phases)
        treatment = _result(params, seen, RECOMMENDED, versions)
    return treatment, _controls(params, treatment, phases)


def _controls(params: Params, treatment: Result, phases: Sequence[Phase]) -> dict[str, Result]:
    """Parts of the same run: the arms that must fail."""
    scores = treatment.tables["scores"]
    zero = Result(params, of_strategy(scores, ZEROS))
    plain = [phase for phase in phases if phase.client == arms.DEFAULTS]
    return {
        "zero imputation": zero,
        "zero imputation, calibration": zero,
        arms.DEFAULTS: Result(params, serving(params, plain) if plain else {}),
    }


def _scores_exact(known: Learnt, found: Predictions) -> Exact:
    """AUC and log-loss of all predictions, and the weights of a model, beside the oracle's."""
    weights = exactness.weights(known)
    wrong, folds = 0, [found.folds == number for number in np.unique(found.folds)]
    judged = [
        found.warm,
        *(chances for key, chances in found.chances.items() if not key[0].startswith(NEIGHBOUR)),
    ]
    for chances in judged:
        wrong += abs(log_losses(found.likes, chances).mean() - oracle.log_loss(found.likes, chances)) > CLOSE
        for own in folds:
            ours = auc(found.folds[own], found.likes[own], chances[own])
            wrong += abs(ours - oracle.area(found.likes[own], chances[own])) > CLOSE
    compared = len(judged) * (len(folds) + 1)
    text = f"{compared} scores, {weights.compared} weights"
    return Exact(int(wrong) + weights.differing, compared + weights.compared, text)


def _orders(params: Params, found: Predictions) -> pd.DataFrame:
    """Log-loss above the baseline's with ratings of a second in other orders; each order learns and predicts anew.

    found: by the first order.
    """
    own = Arm(RECOMMENDED, STRATEGIES[RECOMMENDED])
    others = (
        predictions(learn_all(cohort(ratings.movielens(), params.folds, params.seed, order)), [own])
        for order in range(1, params.orders)
    )
    return pd.DataFrame(
        {
            "order": order,
            "interactions": count,
            "log_loss_delta": log_losses(each.likes, chances).mean()
            - log_losses(each.likes, each.warm).mean(),
        }
        for order, each in enumerate([found, *others])
        for (name, count), chances in each.chances.items()
        if name == RECOMMENDED
    )


def _served(params: Params, known: Learnt, work: Steps) -> tuple[list[Phase], dict[str, str]]:
    who = service.users(known)
    work.next("Redis")
    with redis() as server:
        phases = service.measure(params, who, server, arms.clients(params), work.next)
        return phases, {"Redis": server.version, "redis-py": metadata.version("redis")}


def _result(params: Params, seen: Seen, strategy: str, versions: dict[str, str]) -> Result:
    judge = Judge(params, seen.predictions)
    scores = judge.table()
    known = {"recbole (MovieLens 100k)": ratings.version()} | versions
    observed = of_strategy(scores, strategy) | of_run(params, seen, scores, judge)
    return Result(
        params, observed, metrics(seen, judge, scores, strategy), tables(seen, judge, scores), known
    )
