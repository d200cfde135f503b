"""Scores against the oracle, and the judgement on histories of which the outcome is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lab.evidence.criteria import Observation, judge
from lab.evidence.result import Metric, Result
from lab.experiments.cold_start import CRITERIA, Params, oracle
from lab.experiments.cold_start.judge import observations
from lab.experiments.cold_start.judge.law import law
from lab.experiments.cold_start.judge.scores import Judge, auc, calibration_error, log_losses
from lab.experiments.cold_start.measure.seen import Phase, Predictions
from lab.experiments.cold_start.params import AUC_DELTA, LADDER, LOG_LOSS_DELTA
from lab.experiments.cold_start.present import summary
from lab.experiments.cold_start.present.calculator import calculator, compute
from lab.experiments.cold_start.present.findings import Findings
from lab.experiments.cold_start.workload.arms import RECOMMENDED

PARAMS = Params(resamples=60)


def drawn(seed: int = 1, rows: int = 600) -> Predictions:
    """Chances that come true, and a rival that says the same of everybody."""
    random = np.random.default_rng(seed)
    chances = random.uniform(0.05, 0.95, rows).round(2)
    likes = (random.random(rows) < chances).astype(float)
    users = np.arange(rows) // 10
    found = {("popularity", 0): np.full(rows, likes.mean()), ("own", 0): chances}
    return Predictions(users, users % 3, likes, found, chances, (4.0, 20.0), (2.0, 10.0))


def test_auc_with_ties_equals_the_oracles_in_each_fold() -> None:
    seen = drawn()
    chances = seen.chances["own", 0]
    for number in range(3):
        part = seen.folds == number
        ours = auc(seen.folds[part], seen.likes[part], chances[part])
        assert ours == pytest.approx(oracle.area(seen.likes[part], chances[part]))


def test_auc_over_folds_compares_within_folds_only() -> None:
    folds, likes = np.array([0, 0, 1, 1]), np.array([1.0, 0, 1, 0])
    assert auc(folds, likes, np.array([0.2, 0.1, 0.9, 0.8])) == 1.0
    assert auc(folds, likes, np.array([0.5, 0.5, 0.8, 0.9])) == 0.25


def test_weights_of_auc_are_repeated_rows() -> None:
    seen = drawn()
    times = np.random.default_rng(2).integers(0, 4, len(seen.users))
    weighted = auc(seen.folds, seen.likes, seen.chances["own", 0], times.astype(float))
    repeated = [np.repeat(values, times) for values in (seen.folds, seen.likes, seen.chances["own", 0])]
    assert weighted == pytest.approx(auc(*repeated))


def test_log_loss_equals_the_oracles() -> None:
    seen = drawn()
    chances = seen.chances["own", 0]
    assert log_losses(seen.likes, chances).mean() == pytest.approx(oracle.log_loss(seen.likes, chances))


def test_calibration_error_is_the_distance_of_bins() -> None:
    assert calibration_error(np.array([1.0, 0, 0, 0]), np.full(4, 0.25)) == 0
    assert calibration_error(np.array([1.0, 1, 0, 0]), np.array([0.35, 0.35, 0.75, 0.75])) == pytest.approx(
        0.7
    )


def test_differences_are_paired_so_that_equal_predictions_have_none() -> None:
    seen = drawn()
    row = Judge(PARAMS, seen).table().set_index("strategy").loc["own"]
    assert row["auc_delta"] == row["auc_delta_low"] == row["auc_delta_high"] == 0
    assert 0 < row["log_loss_gain_low"] < row["log_loss_gain"] < row["log_loss_gain_high"]


def scores(**changed: float) -> pd.DataFrame:
    """A strategy that is at half of every delta; `changed`: values at 5 interactions."""
    rows = [
        {
            "strategy": "own",
            "interactions": count,
            "calibration_error": 0.01,
            "log_loss": 0.6,
            **{f"auc_delta{end}": AUC_DELTA[count] / 2 for end in ("", "_low", "_high")},
            **{f"log_loss_delta{end}": LOG_LOSS_DELTA[count] / 2 for end in ("", "_low", "_high")},
            **{f"{kind}_gain{end}": 0.01 for kind in ("auc", "log_loss") for end in ("", "_low", "_high")},
        }
        for count in LADDER
    ]
    return pd.DataFrame([row | (changed if row["interactions"] == 5 else {}) for row in rows])


def outcome(name: str, seen: Observation) -> str:
    return judge(next(item for item in CRITERIA if item.name == name), {name: seen}).outcome


@pytest.mark.parametrize(
    ("broken", "changed"),
    [
        ("auc_within_delta", {"auc_delta_high": 1.01 * AUC_DELTA[5]}),
        ("log_loss_within_delta", {"log_loss_delta_high": 1.01 * LOG_LOSS_DELTA[5]}),
        ("calibrated", {"calibration_error": 0.031}),
        ("beats_popularity", {"auc_gain_low": -0.001}),
        ("beats_popularity", {"log_loss_gain_low": -0.001}),
        ("none", {"log_loss_delta": 1.0}),  # the interval's end decides
    ],
)
def test_one_number_beyond_its_limit_fails_one_criterion(broken: str, changed: dict[str, float]) -> None:
    found = observations.of_strategy(scores(**changed), "own")
    assert {name for name, seen in found.items() if outcome(name, seen) == "fail"} <= {broken}
    assert broken == "none" or outcome(broken, found[broken]) == "fail"


ERRORS = {count: 0.2 - 0.1 * count / (count + 4) for count in LADDER}
STEADY = {count: np.full(50, error) for count, error in ERRORS.items()}


def test_the_law_is_found_again_in_what_follows_it() -> None:
    found = law(4.0, ERRORS)
    assert found.full == pytest.approx(0.1) and found.at(10) == pytest.approx(ERRORS[10])
    assert law(4.0, STEADY).full == pytest.approx(np.full(50, 0.1))


@pytest.mark.parametrize(
    ("at_ten", "draws", "expected"),
    [
        (ERRORS[10], np.full(50, ERRORS[10]), "pass"),
        (0.16, np.full(50, 0.16), "fail"),
        (ERRORS[10], ERRORS[10] * np.linspace(0.8, 1.2, 50), "inconclusive"),  # too few users to tell
    ],
)
def test_the_law_predicts_what_follows_it_and_not_what_does_not(
    at_ten: float, draws: np.ndarray, expected: str
) -> None:
    found = observations.model_predicts(4.0, ERRORS | {10: at_ten}, STEADY | {10: draws})
    assert outcome("model_predicts", found) == expected


def test_where_a_history_tells_nothing_the_law_can_not_be_told() -> None:
    flat = {count: 0.2 - 0.001 * count for count in LADDER}
    found = observations.model_predicts(4.0, flat, {n: np.full(50, error) for n, error in flat.items()})
    assert found.value < 0.1 and outcome("model_predicts", found) == "inconclusive"


@pytest.mark.parametrize(
    ("at_ten", "expected"), [(0.2, "fail"), (0.19, "fail"), (ERRORS[10], "pass"), (0.16, "fail")]
)
def test_a_refuted_law_fails_though_a_history_that_told_nothing_would_keep_to_the_limit(
    at_ten: float, expected: str
) -> None:
    found = observations.model_predicts(4.0, ERRORS | {10: at_ten}, STEADY | {10: np.full(50, at_ten)})
    assert outcome("model_predicts", found) == expected


def test_the_level_is_not_told_past_what_the_law_was_checked_at() -> None:
    inputs, constants = {"k": 4.0, "wrong": 1.0}, {"start": 0.2, "full": 0.1, "told_to": 10}
    told = [compute(inputs | {"interactions": count}, constants)["error"] for count in (0, 10, 11, 1_000)]
    assert told == [pytest.approx(0.2**0.5), pytest.approx(ERRORS[10] ** 0.5), np.inf, np.inf]


@pytest.mark.parametrize(("lowest", "said"), [(0.001, "From 3 on"), (-0.001, "Not shown from 3 on")])
def test_a_history_is_called_worth_using_from_where_that_was_claimed(lowest: float, said: str) -> None:
    """A single rating may gain, with an interval above 0, and is no claim all the same."""
    gain = {"log_loss_gain": 0.004, "log_loss_gain_low": 0.001, "log_loss_gain_high": 0.007}
    asked = [(RECOMMENDED, 1), (RECOMMENDED, 3), ("first interactions", 10)]
    scores = pd.DataFrame([{"strategy": name, "interactions": count, **gain} for name, count in asked])
    seen = {"beats_popularity": Observation(lowest)}
    answer = summary._history(Findings(PARAMS, Result(PARAMS, seen, [], {"scores": scores}), {})).answer
    assert answer.startswith(f"{said}, if shrunk: 3 ratings gain +0.0040 [+0.0010, +0.0070]")
    claimed = observations.beats_popularity(
        pd.DataFrame(
            [{f"{kind}_gain{end}": lowest for kind in ("auc", "log_loss") for end in ("", "_low", "_high")}]
            * 2,
            index=[1, 3],
        )
    )
    assert claimed.detail.startswith(
        "claimed from 3 interactions on; seen below that, without a claim: 1: AUC"
    )


def test_what_the_calculator_has_from_the_law_is_not_called_measured() -> None:
    metrics = [Metric(name, 0.2, "") for name in ("k_level", "level_error@0", "level_gain")]
    made = calculator(Findings(PARAMS, Result(PARAMS, {}, metrics), {}))
    assert {item.name: item.grade for item in made.outputs}["error"] == "simulated"


def test_one_interaction_is_one() -> None:
    assert [observations.counted(count) for count in (1, 3)] == ["1 interaction", "3 interactions"]


def phase(name: str, waited: float = 1.0, wrong: int = 0, **sources: int) -> Phase:
    return Phase("first", name, np.full(100, waited), sources or {"cache": 100}, wrong, 1.0)


GOOD = {
    "empty": phase("empty", computed=50, cache=50),
    "filled": phase("filled"),
    "killed": phase("killed", default=100),
    "after the kill": phase("after the kill", default=60, computed=40),
    "frozen": phase("frozen", default=100),
    "after the freeze": phase("after the freeze", default=60, cache=40),
}


def test_a_good_history_of_the_cache_passes() -> None:
    found = observations.serving(PARAMS, list(GOOD.values()))
    assert {name: outcome(name, seen) for name, seen in found.items()} == dict.fromkeys(
        ("load_offered", "served_in_time", "served_right"), "pass"
    )


@pytest.mark.parametrize(
    ("bad", "broken"),
    [
        (phase("killed", wrong=1, default=100), "served_right"),  # an answer that is not what is due
        (phase("frozen", default=99, cache=1), "served_right"),  # it was not frozen
        (phase("filled", default=1, cache=99), "served_right"),  # Redis is up, and was not asked
        (phase("after the kill", default=100), "served_right"),  # the breaker never closes
        (phase("frozen", waited=PARAMS.bound_ms + 1, default=100), "served_in_time"),
    ],
)
def test_a_bad_history_of_the_cache_fails(bad: Phase, broken: str) -> None:
    found = observations.serving(PARAMS, list((GOOD | {bad.name: bad}).values()))
    assert [name for name, seen in found.items() if outcome(name, seen) == "fail"] == [broken]


def test_an_outage_that_could_not_be_made_is_not_observed() -> None:
    found = observations.serving(PARAMS, [GOOD["empty"], GOOD["filled"]])
    assert set(found) == {"load_offered"}
