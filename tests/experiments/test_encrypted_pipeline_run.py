"""A whole run in little; an arm of a reader's own; what parameters are refused."""

from __future__ import annotations

import pytest

from lab import notebook
from lab.charts import figure
from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.evidence.criteria import judge, judge_all
from lab.evidence.result import Result
from lab.evidence.strength import flaws
from lab.experiments import encrypted_pipeline as package
from lab.experiments.encrypted_pipeline import CONTROLS, CRITERIA, Arm, Params, run, run_with_controls

pytest.importorskip("cryptography")
pytestmark = [pytest.mark.service, pytest.mark.timeout(240)]
SMALL = Params(rows=300, flips=20, files=(6, 10, 16), file_rows=200, timed_rows=5_000, rounds=2, cache_s=0.5)


@pytest.fixture(scope="module")
def whole() -> tuple[Result, dict[str, Result]]:
    return run_with_controls(SMALL)


def test_invariants_hold_in_a_run_and_every_control_fails_its_criterion(
    whole: tuple[Result, dict[str, Result]],
) -> None:
    treatment, controls = whole
    judged = {item.criterion.name: item for item in judge_all(CRITERIA, treatment.observed)}
    assert {name: item.outcome for name, item in judged.items() if item.criterion.tier == "invariant"} == {
        item.name: "pass" for item in CRITERIA if item.tier == "invariant"
    }
    named = {item.name: item for item in CRITERIA}
    for control in CONTROLS:
        assert judge(named[control.breaks], controls[control.name].observed).outcome == "fail"


def test_the_record_says_how_strong_it_is(whole: tuple[Result, dict[str, Result]]) -> None:
    shown = notebook.Shown(*(make(*whole) for make in (package.figures, package.summary, package.model)))
    record = notebook._judged(package, *whole, shown)
    assert flaws(record, list(shown.figures)) == []
    assert [flaw for drawn in shown.figures.values() for flaw in figure.flaws(drawn)] == []


def test_a_readers_own_arm_is_judged() -> None:
    mine = Arm("fields alone", tls=False, fields=True, files=False)
    found = run(SMALL, mine)
    outcomes = {item.criterion.name: item.outcome for item in judge_all(CRITERIA, found.observed)}
    assert (outcomes["rows_arrive"], outcomes["needle_nowhere"]) == ("pass", "fail")
    places = set(found.tables["found"].query("needle == 'fields alone'")["place"])
    assert places == {"lake"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": 10},
        {"flips": 0},
        {"files": (10, 20)},
        {"files": (20, 10, 30)},
        {"cache_s": 0.0},
        {"rounds": 1},
        {"raet": 1},
    ],
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        parameters.parse(Params, wrong)
