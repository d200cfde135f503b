"""A small run on real engines: treatment, controls, and everything that is told about them."""

from __future__ import annotations

import pytest

from lab.evidence.criteria import judge_all, judge_control
from lab.experiments import sql_windows as experiment

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def arms():
    params = experiment.Params(
        sizes=(2_000, 8_000, 32_000), repeats=1, cell_seconds=0, sliding_rows=2_000, widths=(10, 100, 1_000)
    )
    return experiment.run_with_controls(params)


@pytest.mark.drill
def test_every_criterion_is_observed_and_the_exact_ones_hold(arms) -> None:
    treatment, _ = arms
    judged = {item.criterion.name: item for item in judge_all(experiment.CRITERIA, treatment.observed)}
    assert all(item.observation is not None for item in judged.values())
    for name in ("documented_rows", "rows_match", "cdnow_published"):
        assert judged[name].outcome == "pass", judged[name]


@pytest.mark.drill
def test_each_control_breaks_its_criterion(arms) -> None:
    _, controls = arms
    for control in experiment.CONTROLS:
        judged = judge_control(control, experiment.CRITERIA, controls[control.name].observed)
        assert judged.outcome == "fail"
        assert (controls[control.name].tables["rows"]["differing"] > 0).all()


@pytest.mark.drill
def test_a_width_that_equals_a_number_of_rows_has_a_metric_of_its_own(arms) -> None:
    names = [metric.name for metric in arms[0].metrics]
    assert len(set(names)) == len(names)


@pytest.mark.drill
def test_the_spill_is_where_it_was_predicted(arms) -> None:
    treatment, _ = arms
    predicted, first = (treatment.metric(f"spill_{name}").value for name in ("predicted", "first"))
    assert abs(predicted / first - 1) < 0.1
