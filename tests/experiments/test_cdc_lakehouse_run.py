"""A small run of the whole pipeline, with both kills."""

from __future__ import annotations

import pytest

from lab.evidence.criteria import judge_all, judge_control
from lab.experiments.cdc_lakehouse import CONTROLS, CRITERIA, Params, figures, run_arms, scale, summary
from lab.paths import tools

pytestmark = [
    pytest.mark.service,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not (tools() / "debezium").exists(), reason="lab setup cdc_lakehouse"),
]

SMALL = Params(operations=2_500, seconds=16, accounts=100, reloads=2, intervals=(1.0, 2.0))


def test_a_small_run_is_right_at_every_snapshot_and_every_control_is_caught() -> None:
    treatment, controls = run_arms(SMALL)
    judged = {one.criterion.name: one for one in judge_all(CRITERIA, treatment.observed)}
    invariants = [
        one for one in judged.values() if one.criterion.tier == "invariant" and not one.criterion.precondition
    ]
    assert {one.criterion.name: one.outcome for one in invariants} == {
        one.criterion.name: "pass" for one in invariants
    }
    for control in CONTROLS:
        assert judge_control(control, CRITERIA, controls[control.name].observed).outcome == "fail", (
            control.name
        )
    for figure in figures(treatment, controls).values():
        assert figure.title and figure.alt and len(figure.data)
    assert summary(treatment, controls).answer
    assert len(scale(treatment, controls).projection) == 4
