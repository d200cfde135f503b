"""What every experiment's whole run must show, whatever it is about."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from lab import notebook
from lab.charts import figure
from lab.evidence.criteria import judge, judge_all
from lab.evidence.result import Result
from lab.evidence.strength import flaws

Whole = tuple[Result, Mapping[str, Result]]


def invariants_hold_and_controls_fail(package: ModuleType, whole: Whole) -> None:
    """Every invariant that was observed passes, and each control fails the criterion that it names."""
    treatment, controls = whole
    judged = judge_all(package.CRITERIA, treatment.observed)
    invariants = [item for item in judged if item.criterion.tier == "invariant"]
    assert invariants
    assert not [item.criterion.name for item in invariants if item.outcome != "pass"]
    named = {item.name: item for item in package.CRITERIA}
    for control in package.CONTROLS:
        assert judge(named[control.breaks], controls[control.name].observed).outcome == "fail"


def says_how_strong_it_is(package: ModuleType, whole: Whole) -> None:
    """The record has a grade for all that it says, and no figure a flaw."""
    shown = notebook.Shown(*(make(*whole) for make in (package.figures, package.summary, package.model)))
    record = notebook._judged(package, *whole, shown)
    assert flaws(record, list(shown.figures)) == []
    assert [flaw for drawn in shown.figures.values() for flaw in figure.flaws(drawn)] == []
