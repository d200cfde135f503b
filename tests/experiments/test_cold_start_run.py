"""The oracle; the kit by its README from an empty folder."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.evidence.result import Result
from lab.experiments import cold_start as package
from lab.experiments.cold_start import KIT, Params, oracle, run_with_controls
from lab.experiments.cold_start.measure import evaluation, exactness, level
from lab.experiments.cold_start.measure.evaluation import Learnt
from lab.experiments.cold_start.params import WARM
from lab.experiments.cold_start.workload import ratings
from lab.experiments.cold_start.workload.cohort import cohort, histories
from lab.services.redis import redis

pytestmark = pytest.mark.service
SMALL = Params(folds=2, orders=2, resamples=50, seconds=0.5, rest_s=0.2)


@pytest.fixture(scope="module")
def whole() -> tuple[Result, dict[str, Result]]:
    return run_with_controls(SMALL)


@pytest.mark.drill
def test_where_redis_can_not_be_killed_the_rest_is_told_all_the_same(
    whole: tuple[Result, dict[str, Result]],
) -> None:
    treatment, controls = whole
    phases = treatment.tables["phases"]
    tables = dict(treatment.tables) | {"phases": phases[~phases["phase"].isin(["killed", "frozen"])]}
    short = replace(treatment, tables=tables)
    assert "Redis" not in package.summary(short, controls).answer


def test_the_data_are_what_the_page_says() -> None:
    data = ratings.movielens()
    assert (len(data.ratings), data.ratings["user"].nunique()) == (100_000, 943)
    assert data.ratings.groupby("user").size().min() == 20
    tied = data.ratings.duplicated(["user", "second"], keep=False).mean()
    assert 0.75 < tied < 0.77


def test_no_user_is_in_both_parts_of_a_fold_and_each_is_cold_once() -> None:
    made = cohort(ratings.movielens(), 3, seed=SMALL.seed)
    folds = list(made.folds())
    assert all(not set(fold.warm["user"]) & set(fold.cold["user"]) for fold in folds)
    assert sorted(user for fold in folds for user in fold.cold["user"].unique()) == list(range(1, 944))
    assert min(map(len, histories(made.ratings).values())) == 10


def test_another_order_of_ties_changes_first_ratings_and_no_user() -> None:
    one, two = (cohort(ratings.movielens(), 3, 1, order).ratings for order in (0, 1))
    assert (one["user"] == two["user"]).all() and (one["fold"] == two["fold"]).all()
    assert (one["item"] != two["item"]).any()


def first_fold() -> Learnt:
    made = cohort(ratings.movielens(), 2, seed=SMALL.seed)
    return evaluation.learnt(made.data, next(made.folds()))


def test_a_held_out_users_ratings_that_were_learnt_from_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = first_fold()
    learnt = evaluation.learnt
    everybody = lambda data, fold: learnt(data, replace(fold, warm=fold.cold))  # noqa: E731
    monkeypatch.setattr(exactness, "learnt", everybody)
    leaked = replace(known, population=everybody(known.data, known.fold).population)
    assert exactness.turned_around(SMALL, leaked).differing > 0


def test_a_level_that_is_off_is_noticed_by_the_oracle(monkeypatch: pytest.MonkeyPatch) -> None:
    known = first_fold()
    assert exactness.features(known).differing == 0
    monkeypatch.setattr(oracle, "ITEM_WEIGHT", 6)
    assert exactness.features(known).differing > 100


def test_the_levels_error_is_that_of_the_strategy_that_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(level, "DRAWS", 1)
    known = first_fold()
    # Seconds that differ leave one order only.
    cold = known.fold.cold.assign(second=known.fold.cold["place"])
    known = replace(known, fold=replace(known.fold, cold=cold))
    found = level.squared_errors([known], seed=1)
    serve, means = package.shrinkage(known.population), known.population.expected
    for user, history in list(histories(cold).items())[:20]:
        later = [stars - means(item) for item, stars in histories(cold, after=True)[user]]
        true = known.population.mean + np.mean(later)
        chance = np.var(later, ddof=1) / len(later)
        for count, shown in ((0, []), (3, history[:3]), (WARM, history)):
            assert found.loc[user, count] == pytest.approx((serve({}, shown)[0] - true) ** 2 - chance)


def test_the_kits_readme_works_from_an_empty_folder(tmp_path: Path) -> None:
    shutil.copytree(KIT / "coldstart", tmp_path / "coldstart", ignore=shutil.ignore_patterns("__pycache__"))
    learning, serving = re.findall(r"```python\n(.*?)```", (KIT / "README.md").read_text(), re.DOTALL)
    with redis() as server:
        own = serving.replace("redis://127.0.0.1:6379/0", server.url).replace(
            "timeout_s=0.05", "timeout_s=30"
        )
        assert own.count("timeout_s=30") == 1
        again = 'print(cache.get("dan", {}).source, cache.get("dan", {}).source)\nimport sys\nassert "lab" not in sys.modules\n'
        code = learning + own + again
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "('level', 'dark', 'family')" and lines[-2:] == ["computed", "computed cache"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"folds": 1},
        {"orders": 1},
        {"resamples": 10},
        {"rate": 0},
        {"seconds": 0.1},
        {"timeout_ms": 1},
        {"bound_ms": 1},
        {"rest_s": 0},
        {"seed": -1},
        {"rate": "many"},
        {"raet": 1},
    ],
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        parameters.parse(Params, wrong)
