"""The judgement on histories of which the outcome is known, a run in little, parameters that are refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import pytest

import wholerun
from lab.errors import ParameterError
from lab.evidence import params
from lab.evidence.criteria import judge
from lab.evidence.result import Result
from lab.experiments.storage_cost import (
    CRITERIA,
    Params,
    Trace,
    all_hot,
    bill,
    load,
    offline_optimum,
    run_with_controls,
)
from lab.experiments.storage_cost.judge import observations
from lab.experiments.storage_cost.measure.seen import Bound, Compared, InStore, Scale, Sheet
from lab.experiments.storage_cost.mechanism import Object
from lab.experiments.storage_cost.workload import arms, traces

pytestmark = pytest.mark.service
SMALL = Params(ages=(30, 90), copies=10, sample=8, instances=6)
PRICES = load()


def outcome(name: str, observed: object) -> str:
    criterion = next(item for item in CRITERIA if item.name == name)
    return judge(criterion, {name: observed}).outcome  # type: ignore[dict-item]


@pytest.fixture(scope="module")
def whole() -> tuple[Result, Mapping[str, Result]]:
    return run_with_controls(SMALL)


@pytest.mark.drill
def test_the_spreadsheet_is_a_download(whole: wholerun.Whole) -> None:
    content = whole[0].files["storage-cost-model.xlsx"]
    assert isinstance(content, bytes) and content.startswith(b"PK")


@pytest.mark.drill
def test_all_metrics_of_the_exercise_are_there(whole: wholerun.Whole) -> None:
    names = {item.name for item in whole[0].metrics}
    assert {"monthly_cost_all_hot", "latency_increase_offline_optimum", "saving_offline_optimum"} <= names
    assert len(names) == len(whole[0].metrics)


def test_the_traces_are_what_the_page_says() -> None:
    test, tuning = traces.movielens(32, 30, 1), traces.cdnow(32, 2)
    assert len(test.objects) == 943 and len(tuning.objects) == 2_357 and tuning.reads == 6_919
    assert traces.movielens(32, 0, 1).reads == traces.films(32, 1).reads == 100_000
    lives = [item.reads[-1][0] - item.created for item in test.objects]
    assert sum(days < 2 for days in lives) / len(lives) > 0.6


def compared(ratio: float) -> Compared:
    trace = Trace((Object("x", 1 << 30, 0, 30, ()),), 30)
    best = offline_optimum(trace, PRICES)
    other = replace(best, lines=best.lines.assign(usd=best.lines["usd"] * ratio))
    return Compared(
        trace,
        {
            arms.HOT: bill(trace, all_hot, PRICES),
            "mine": other,
            arms.TIERING: replace(other, lines=other.lines.head(0)),
        },
        best,
        best,
    )


@pytest.mark.parametrize(("ratio", "expected"), [(1.0, "pass"), (0.999, "fail"), (1.5, "pass")])
def test_a_policy_below_the_optimum_breaks_the_invariant(ratio: float, expected: str) -> None:
    assert outcome("none_beats_the_optimum", observations.none_beats(compared(ratio))) == expected


@pytest.mark.parametrize(
    ("found", "expected"), [(1.0, "pass"), (1.0000005, "pass"), (1.01, "fail"), (float("nan"), "fail")]
)
def test_a_bill_that_differs_by_a_cent_or_is_no_number_fails(found: float, expected: str) -> None:
    table = pd.DataFrame({"what": ["x"], "expected": [1.0], "found": [found]})
    assert (
        outcome("bill_equals_hand", observations.differing(table, "bills", observations.MILLIONTH))
        == expected
    )


def store(found: str, same: bool) -> InStore:
    return InStore(pd.DataFrame({"key": ["a"], "due": ["deleted"], "found": [found], "same": [same]}), "")


@pytest.mark.parametrize(
    ("found", "same", "expected"),
    [("deleted", True, "pass"), ("STANDARD", True, "fail"), ("deleted", False, "fail")],
)
def test_an_object_left_moved_or_changed_is_seen(found: str, same: bool, expected: str) -> None:
    assert outcome("rules_reach_the_store", observations.reaches(store(found, same))) == expected


def test_bounds_predictions_and_cells_are_judged_by_their_limits() -> None:
    assert outcome("break_even_within_two", observations.within_two(Bound(2.01, 1.2, 3))) == "fail"
    assert outcome("model_predicts", observations.predicts(Scale({}, {}, {}, 1.06, 1.0))) == "fail"
    assert outcome("model_predicts", observations.predicts(Scale({}, {}, {}, 1.04, 1.0))) == "pass"
    assert outcome("spreadsheet_recalculates", observations.recalculates(Sheet(9, 1, b""))) == "fail"


def test_a_policy_is_chosen_within_both_thresholds_or_by_the_fewest_cold_reads() -> None:
    table = pd.DataFrame(
        {
            "policy": ["slow", "cold", "good"],
            "usd": [1.0, 2.0, 3.0],
            "cold_share": [0.1, 0.9, 0.2],
            "longest_wait": [9e3, 0.1, 0.1],
        }
    )
    assert arms.choose(table, SMALL) == "good"
    assert arms.choose(table.head(2), SMALL) == "slow"


@pytest.mark.parametrize(
    "given",
    [
        {"median_mb": 0}, {"median_mb": "32"}, {"session_minutes": -1}, {"ages": (30, 7)}, {"ages": (7,)}, {"ages": (0, 7)},
        {"max_wait_s": 0}, {"cold_share": 1.5}, {"egress": -0.1}, {"reheat_days": 1}, {"aggressive_age": 0}, {"copies": 1},
        {"sample": 2}, {"instances": 0}, {"seed": -1}, {"prices": "/no/such/file"}, {"age": 3},
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_refused(given: dict) -> None:
    with pytest.raises(ParameterError):
        params.parse(Params, given)
