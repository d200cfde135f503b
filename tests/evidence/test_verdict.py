"""A verdict follows from criteria and observations; the harness can't be talked into a pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.evidence import record
from lab.evidence.criteria import Observation, conclude, judge_all, judge_control
from lab.evidence.recompute import disagreements
from lab.evidence.result import Result
from samples import CONTROL, CRITERIA, Params, result, sample_record


def _verdict(treatment: dict, control: dict) -> str:
    arms = {CONTROL.name: judge_control(CONTROL, CRITERIA, result(**control).observed)}
    return conclude(judge_all(CRITERIA, result(**treatment).observed), arms).value


@pytest.mark.parametrize(
    ("treatment", "control", "verdict"),
    [
        ({}, {"fast": 0.5}, "pass"),
        ({"fast": 0.5}, {"fast": 0.5}, "fail"),
        ({"kept": 1}, {"fast": 0.5}, "fail"),
        ({"soon": 99.0}, {"fast": 0.5}, "pass"),  # absolute figures never gate
        ({"reached": 0.5}, {"fast": 0.5}, "inconclusive"),
        ({"reached": 0.5, "fast": 0.5}, {"fast": 0.5}, "inconclusive"),  # at the wrong load
        ({"reached": 0.5, "kept": 1}, {"fast": 0.5}, "fail"),  # a loss is a loss at any load
        ({}, {"fast": 0.05}, "inconclusive"),  # the control did not fail
        ({"fast": Observation(0.05, conclusive=False)}, {"fast": 0.5}, "inconclusive"),
        ({"fast": float("nan")}, {"fast": 0.5}, "fail"),
    ],
)
def test_verdict(treatment: dict, control: dict, verdict: str) -> None:
    assert _verdict(treatment, control) == verdict


def test_without_a_control_there_is_no_pass() -> None:
    assert conclude(judge_all(CRITERIA, result().observed), {}).value == "inconclusive"


def test_a_criterion_that_was_not_observed_is_no_pass() -> None:
    observed = dict(result().observed)
    del observed["kept"]
    arms = {CONTROL.name: judge_control(CONTROL, CRITERIA, result(fast=0.5).observed)}
    assert conclude(judge_all(CRITERIA, observed), arms).value == "inconclusive"


def _unobserved() -> record.Record:
    nothing = Result(Params(), {}, notes=["nothing was measured yet"])
    judged, arm = judge_all(CRITERIA, {}), judge_control(CONTROL, CRITERIA, {})
    verdict = conclude(judged, {CONTROL.name: arm})
    origin = {"machine": {}, "services": {}, "libraries": {}, "source_hash": "0"}
    arms = {CONTROL.name: (CONTROL, arm)}
    return record.compose("something", nothing, judged, arms, verdict, 1.0, origin)


def test_a_run_that_observed_nothing_is_not_run_and_says_why() -> None:
    made = record.check(_unobserved())
    assert (made["verdict"], disagreements(made)) == ("not run", [])
    assert made["reasons"] == ["nothing was observed", "nothing was measured yet"]


@pytest.mark.parametrize("forged", ["pass", "fail", "inconclusive"])
def test_where_nothing_was_observed_no_other_verdict_is_believed(forged: str) -> None:
    assert disagreements(_unobserved() | {"verdict": forged})


def test_what_was_observed_cannot_be_called_not_run() -> None:
    made = sample_record({"reached": 0.0, "kept": 1, "fast": 0.0, "soon": 0.0}, 0.2)
    assert disagreements(made | {"verdict": "not run"})


def test_a_control_that_alone_was_observed_is_no_experiment_that_was_not_run() -> None:
    arms = {CONTROL.name: judge_control(CONTROL, CRITERIA, result(fast=0.5).observed)}
    assert conclude(judge_all(CRITERIA, {}), arms).value == "inconclusive"


def test_an_observation_that_nobody_declared_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="surprise"):
        judge_all(CRITERIA, {"surprise": Observation(1)})


seen = st.fixed_dictionaries(
    {
        "reached": st.floats(0, 0.05),
        "kept": st.integers(0, 2),
        "fast": st.floats(0, 0.3),
        "soon": st.floats(0, 10),
    }
)


@given(seen, st.floats(0, 0.3))
def test_a_record_can_be_judged_again_from_itself(treatment: dict, control: float) -> None:
    made = sample_record(treatment, control)
    record.check(made)
    assert disagreements(made) == []


@given(seen, st.floats(0, 0.3))
def test_a_record_with_a_forged_verdict_is_found_out(treatment: dict, control: float) -> None:
    made = sample_record(treatment, control)
    forged = "pass" if made["verdict"] != "pass" else "fail"
    assert disagreements(made | {"verdict": forged})


def test_a_record_with_a_forged_outcome_is_found_out() -> None:
    made = sample_record({"reached": 0.0, "kept": 1, "fast": 0.0, "soon": 0.0}, 0.2)
    made["criteria"][1]["outcome"] = "pass"
    assert disagreements(made)
