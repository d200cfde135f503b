"""A whole run in little, a reader's own mapping, and what parameters are refused."""

from __future__ import annotations

import pandas as pd
import pytest

from lab import notebook
from lab.charts import figure
from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.evidence.criteria import judge, judge_all
from lab.evidence.result import Result
from lab.evidence.strength import flaws
from lab.experiments import etl_drift as package
from lab.experiments.etl_drift import (
    CONTROLS,
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
    treatment, controls = whole
    judged = {item.criterion.name: item for item in judge_all(CRITERIA, treatment.observed)}
    assert not [
        name for name, item in judged.items() if item.criterion.tier == "invariant" and item.outcome != "pass"
    ]
    named = {item.name: item for item in CRITERIA}
    for control in CONTROLS:
        assert judge(named[control.breaks], controls[control.name].observed).outcome == "fail"


def test_the_record_says_how_strong_it_is(whole: tuple[Result, dict[str, Result]]) -> None:
    shown = notebook.Shown(*(make(*whole) for make in (package.figures, package.summary, package.model)))
    record = notebook._judged(package, *whole, shown)
    assert flaws(record, list(shown.figures)) == []
    assert [flaw for drawn in shown.figures.values() for flaw in figure.flaws(drawn)] == []


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
