"""A calculator in the record: as the schema has it, and none where the run left a number unknown."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from asrun import GOOD, MODEL, SUMMARY
from calculating import CALCULATOR, COUNTING
from lab.errors import EvidenceError
from lab.evidence import calculator, record
from lab.evidence.calculator import Calculator, Input
from samples import sample_record


@pytest.mark.parametrize("own", [CALCULATOR, COUNTING])
def test_a_record_with_a_calculator_fits_its_schema_and_can_be_read_again(own: Calculator) -> None:
    made = sample_record(GOOD, 0.2, SUMMARY, replace(MODEL, calculator=own))
    again = json.loads(json.dumps(record.check(made), allow_nan=False))
    assert again["model"]["calculator"]["constants"] == {"each": 2.0, "steps": [1.0, 2.0]}
    assert again["model"]["calculator"]["inputs"][0]["checked"] == [10, 100]


def test_a_record_of_before_there_were_calculators_stays_valid() -> None:
    made = sample_record(GOOD, 0.2, SUMMARY, MODEL)
    assert made["model"]["calculator"] is None
    del made["model"]["calculator"]
    record.check(made)


def test_a_calculator_without_a_script_does_not_fit() -> None:
    made = sample_record(GOOD, 0.2, SUMMARY, replace(MODEL, calculator=CALCULATOR))
    del made["model"]["calculator"]["script"]
    with pytest.raises(EvidenceError, match="model"):
        record.check(made)


@pytest.mark.parametrize("unknown", [float("nan"), float("inf")])
def test_a_constant_that_the_run_left_unknown_leaves_no_calculator(unknown: float) -> None:
    assert calculator.as_data(replace(CALCULATOR, constants={"each": unknown, "steps": [1.0]})) is None
    assert calculator.as_data(replace(CALCULATOR, constants={"each": 2.0, "steps": [1.0, unknown]})) is None


def test_a_value_that_the_run_left_unknown_leaves_no_calculator() -> None:
    unknown = [replace(CALCULATOR.inputs[0], value=float("nan")), *CALCULATOR.inputs[1:]]
    assert calculator.as_data(replace(CALCULATOR, inputs=unknown)) is None


def test_numpy_numbers_are_stored_as_plain_ones() -> None:
    made = calculator.as_data(replace(CALCULATOR, constants={"each": np.float64(2), "steps": [np.int64(1)]}))
    assert json.dumps(made)


def test_what_the_run_had_may_be_typed_whatever_the_bounds_say() -> None:
    wide = Input("rows", "Rows", "", 5_000, 1, 1_000)
    made = calculator.as_data(replace(CALCULATOR, inputs=[wide]))
    assert made
    assert made["inputs"][0]["high"] == 5_000


def test_answers_are_for_the_runs_own_numbers_but_for_those_given() -> None:
    assert CALCULATOR.answers()["time"] == 2.0 * 50 / 4
    assert CALCULATOR.answers(rows=100)["time"] == 2.0 * 100 / 4
