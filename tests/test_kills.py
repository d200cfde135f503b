"""Kills come at moments that a seed decides, and what became of them is told by experiment."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import yaml

import killing
import kills
from kills import Kill
from lab.report import catalogue
from lab.runner import assignments


def test_moments_are_those_of_the_seed_one_in_each_slice_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kills, "KILLS", 10)
    drawn = [kills.moment("kafka_lag", number, 50.0) for number in range(10)]
    assert drawn == [kills.moment("kafka_lag", number, 50.0) for number in range(10)]
    assert [int(after // 5) for after in drawn] == list(range(10))
    assert kills.moment("lineage", 0, 50.0) != drawn[0]
    monkeypatch.setattr(kills, "SEED", "another")
    assert kills.moment("kafka_lag", 0, 50.0) != drawn[0]


def test_what_was_left_and_what_came_too_late_is_told_by_experiment() -> None:
    found = [Kill("b", 2.0, True, False), Kill("a", 9.0, False, True), Kill("b", 1.0, True, True)]
    assert [" ".join(line.split()) for line in kills.summary(found)] == [
        "a nothing left after 1 of 1 kills, 1 of them after the run's end",
        "b nothing left after 1 of 2 kills; something was left after kills at 2.0 s",
        "in all nothing left after 2 of 3 kills, 1 of them after the run's end",
    ]


def test_the_summary_is_made_of_the_kills_reports_alone() -> None:
    def report(outcome: str, *properties: object, when: str = "call") -> pytest.TestReport:
        return pytest.TestReport("x", ("x", 1, "x"), {}, outcome, None, when, user_properties=properties)  # type: ignore[arg-type]

    said: list[str] = []
    reporter = SimpleNamespace(
        stats={
            "passed": [report("passed", ("kill", ["a", 1.0, True])), report("passed")],
            "failed": [report("failed", ("kill", ["a", 2.0, True]))],
            "": [report("passed", ("kill", ["a", 1.0, True]), when="teardown")],
        },
        section=lambda title: None,
        write_line=said.append,
    )
    kills.pytest_terminal_summary(reporter)  # type: ignore[arg-type]
    assert said[0].splitlines()[-1].endswith("nothing left after 1 of 2 kills")
    reporter.stats = {"passed": [report("passed")]}
    kills.pytest_terminal_summary(reporter)  # type: ignore[arg-type]
    assert len(said) == 1


@pytest.mark.parametrize("slug", catalogue.slugs())
def test_a_run_that_is_to_be_killed_is_given_the_small_runs_parameters(slug: str) -> None:
    """One whose parameters were refused would have nothing to leave."""
    given = assignments.parse([f"{name}={text}" for name, text in killing.chosen(slug).items()])
    assert given == yaml.safe_load((killing.SMALL / f"{slug}.small.yaml").read_text())
