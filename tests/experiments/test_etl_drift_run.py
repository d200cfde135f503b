"""A whole run in little, a reader's own mapping, and what parameters are refused."""

from __future__ import annotations

import pandas as pd
import pytest

import wholerun
from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.evidence.criteria import judge_all
from lab.evidence.result import Result
from lab.experiments import etl_drift as package
from lab.experiments.etl_drift import (
    CRITERIA,
    Arm,
    Mapping,
    Match,
    Params,
    Schema,
    run,
    run_with_controls,
)

pytestmark = pytest.mark.service
SMALL = Params(rows=600, shared=300, shared_tried=(50, 300), sizes=(2_000, 4_000, 8_000))


@pytest.fixture(scope="module")
def whole() -> tuple[Result, dict[str, Result]]:
    return run_with_controls(SMALL)


def test_invariants_hold_in_a_run_and_every_control_fails_its_criterion(
    whole: tuple[Result, dict[str, Result]],
) -> None:
    wholerun.invariants_hold_and_controls_fail(package, whole)


def test_the_record_says_how_strong_it_is(whole: tuple[Result, dict[str, Result]]) -> None:
    wholerun.says_how_strong_it_is(package, whole)


def test_a_readers_own_mapping_is_judged() -> None:
    def nobody_knows(source: pd.DataFrame, target: Schema, examples: pd.DataFrame) -> Mapping:
        return Mapping(
            (), tuple(Match(None, column.name, 0.0, "never sure") for column in target.columns), ()
        )

    observed = run(SMALL, Arm("mine", nobody_knows)).observed
    outcomes = {item.criterion.name: item.outcome for item in judge_all(CRITERIA, observed)}
    assert outcomes["accepted_is_right"] == "pass" and outcomes["mapped_automatically"] == "fail"
    assert outcomes["no_data_lost"] == "fail"


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": 499},
        {"shared": 3_000},
        {"shared_tried": (500, 100)},
        {"sizes": (1_000, 5_000)},
        {"sizes": (10, 5_000, 9_000)},
        {"threshold": 0.0},
        {"raet": 1},
    ],
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError):
        parameters.parse(Params, wrong)
