"""A whole run in little, a reader's own audit, and what parameters are refused."""

from __future__ import annotations

import pytest

from lab import notebook
from lab.charts import figure
from lab.errors import NotAvailableError, ParameterError
from lab.evidence import params as parameters
from lab.evidence.criteria import judge, judge_all
from lab.evidence.result import Result
from lab.evidence.strength import flaws
from lab.experiments import governance as package
from lab.experiments.governance import CONTROLS, CRITERIA, Finding, Params, run, run_with_controls
from lab.services.postgres import VARIABLE

pytestmark = pytest.mark.service
SMALL = Params(
    tables=12,
    rounds=3,
    clean=4,
    columns=5,
    thresholds=(0.3, 0.5, 1.0),
    onboardings=3,
    sizes=(5, 10),
    rows=60,
)


@pytest.fixture(scope="module")
def whole() -> tuple[Result, dict[str, Result]]:
    pytest.importorskip("stdnum")
    return run_with_controls(SMALL)


def test_invariants_hold_in_a_run_and_every_control_fails_its_criterion(
    whole: tuple[Result, dict[str, Result]],
) -> None:
    treatment, controls = whole
    judged = {item.criterion.name: item for item in judge_all(CRITERIA, treatment.observed)}
    assert not [
        item.observation
        for item in judged.values()
        if item.criterion.tier == "invariant" and item.outcome != "pass"
    ]
    named = {item.name: item for item in CRITERIA}
    for control in CONTROLS:
        assert judge(named[control.breaks], controls[control.name].observed).outcome == "fail"


def test_the_record_says_how_strong_it_is(whole: tuple[Result, dict[str, Result]]) -> None:
    shown = notebook.Shown(*(make(*whole) for make in (package.figures, package.summary, package.model)))
    record = notebook._judged(package, *whole, shown)
    assert flaws(record, list(shown.figures)) == []
    assert [flaw for drawn in shown.figures.values() for flaw in figure.flaws(drawn)] == []


def test_what_is_known_to_escape_is_not_found(whole: tuple[Result, dict[str, Result]]) -> None:
    faults = whole[0].tables["faults"]
    unseen = faults[faults["kind"] == "not seen"]
    assert list(unseen["found"]) == [False] * 5


def test_an_audit_of_a_readers_own_is_judged() -> None:
    def shouts(dsn: str, catalogue: object, **options: object) -> list[Finding]:
        return [Finding("public_access", "table shop.customers", "as always", 5)]

    observed = run(SMALL, shouts).observed
    outcomes = {item.criterion.name: item.outcome for item in judge_all(CRITERIA, observed)}
    assert {outcomes[name] for name in ("mock_audit_passes", "faults_found", "findings_right")} == {"fail"}


def test_a_server_of_others_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(NotAvailableError, match=f"unset {VARIABLE}"):
        run(SMALL)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tables": 9},
        {"faults": 0},
        {"thresholds": (0.8, 0.5, 1.0)},
        {"thresholds": (0.0, 0.5, 1.0)},
        {"threshold": 1.5},
        {"dirt": 1.0},
        {"sizes": (20, 10)},
        {"sizes": (1, 10)},
        {"seed": -1},
        {"raet": 1},
    ],
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        parameters.parse(Params, wrong)
