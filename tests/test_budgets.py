"""The table of budgets: what is kept, exceeded or not known is told apart, and comes from where it says."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import workerjobs
from bench import book, generator, limits, runs, spans
from bench.budget import Budget, Found, table
from lab.services.workers import WorkerError

RUN, RATE, SIZE = Budget("run", 60, "s"), Budget("rate", 0.5, "times", least=True), Budget("size", None, "MB")


def _rows(*found: float | None) -> list[list[str]]:
    """The lines' cells below the head, for the three budgets."""
    values = {
        each: Found(value, "here")
        for each, value in zip((RUN, RATE, SIZE), (*found, None, None), strict=False)
    }
    _, *lines, _, _ = table((RUN, RATE, SIZE), values).splitlines()
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]


def test_kept_exceeded_unmeasured_and_unlimited_are_told_apart() -> None:
    assert _rows(60.0, 0.49, None) == [
        ["run", "at most 60 s", "60 s", "yes", "here"],
        ["rate", "at least 0.5 times", "0.49 times", "NO", "here"],
        ["size", "none", "not measured", "–", "here"],
    ]
    assert _rows(None, 0.5, 12.0) == [
        ["run", "at most 60 s", "not measured", "–", "here"],
        ["rate", "at least 0.5 times", "0.5 times", "yes", "here"],
        ["size", "none", "12 MB", "–", "here"],
    ]


def test_the_last_line_counts_what_has_a_limit() -> None:
    found = {RUN: Found(61.0, ""), RATE: Found(None, ""), SIZE: Found(1.0, "")}
    assert table((RUN, RATE, SIZE), found).splitlines()[-1] == "2 budgets: 0 kept, 1 exceeded, 1 not measured"


def test_a_value_that_is_no_number_keeps_to_nothing() -> None:
    assert not RUN.holds(float("nan"))
    assert not RATE.holds(float("nan"))


def test_a_budget_of_which_nothing_is_said_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        table((RUN,), {})


def test_the_longest_is_named_and_so_is_all_that_is_beyond() -> None:
    assert runs.longest(RUN, {"a": 10.0, "b": 60.0}, "records") == Found(60.0, "b 60, of 2; records")
    assert runs.longest(RUN, {"a": 61.0, "b": 9.0, "c": 70.0}, "records") == Found(
        70.0, "2 of 3 beyond it: c 70, a 61; records"
    )
    assert runs.longest(RUN, {}, "records").value is None


def test_every_experiment_has_the_budget_of_its_class() -> None:
    assert runs.kind("airflow_failures") == "airflow"
    assert runs.kind("observability") == runs.kind("exactly_once") == runs.kind("infra_drift") == "heavy"
    assert runs.kind("storage_cost") == "light"
    seconds = {"airflow_failures": 80.0, "observability": 35.0, "storage_cost": 5.0}
    found = runs.by_class(runs.SMALL, seconds, "")
    assert [found[each].value for each in (limits.SMALL, limits.SMALL_HEAVY, limits.SMALL_AIRFLOW)] == [
        *(5.0, 35.0, 80.0)
    ]


def test_the_time_of_an_experiments_own_tests_is_read_from_the_report(tmp_path: Path) -> None:
    cases = [
        ("tests.experiments.test_data_quality", 1.5),
        ("tests.experiments.test_data_quality_gate", 2.0),
        ("tests.experiments.test_lineage_sql", 3.0),
        ("tests.report.test_data_quality", 9.0),
        ("tests.experiments.test_lineages", 9.0),
    ]
    lines = "".join(f'<testcase classname="{module}" name="x" time="{took}"/>' for module, took in cases)
    (tmp_path / "tests.xml").write_text(f"<testsuites><testsuite>{lines}</testsuite></testsuites>")
    found = spans.own_tests(tmp_path / "tests.xml", ["lineage", "data_quality"])
    assert found.value == 3.5
    assert found.origin.startswith("data_quality 4, of 2;")
    assert spans.own_tests(tmp_path / "none.xml", ["lineage"]).value is None


def test_what_came_to_its_end_keeps_its_time(build: Path) -> None:
    assert spans.spans()[limits.MAKE_TEST].value is None
    (build / "times").mkdir(parents=True)
    (build / "times" / "test").write_text("1500\n")
    assert spans.spans()[limits.MAKE_TEST].value == 25


def test_no_budget_stands_in_the_table_twice() -> None:
    assert len({each.what for each in limits.ALL}) == len(limits.ALL)
    named = {value for value in vars(limits).values() if isinstance(value, Budget)}
    assert named == set(limits.ALL)


def test_each_benchmark_can_be_imported_with_all_that_it_uses_of_the_library() -> None:
    assert set(import_module("bench.__main__").MEASURED) == {"generator", "harness", "book"}


def test_a_book_that_breaks_off_is_not_taken_for_a_quick_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "current", lambda slug: {})
    for status, value in ((0, True), (1, False)):
        monkeypatch.setattr(book, "_book", lambda status=status: status)
        assert (book.main()[limits.UNCHANGED].value is not None) == value


def test_of_several_small_runs_the_last_is_measured(build: Path) -> None:
    for number, name in enumerate(("b", "a")):
        path = build / "small" / "exploratory" / "quick" / name / "quick.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text("{}")
        os.utime(path, (number, number))
    assert [path.parent.name for path in runs.latest("ipynb").values()] == ["a"]
    assert runs.latest("json") == {}


@pytest.mark.service
def test_a_load_generator_that_fails_ends_its_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(workerjobs.__file__).parent))
    monkeypatch.setattr(generator, "generate", workerjobs.arrive_and_fail)
    broker: Any = SimpleNamespace(bootstrap="nowhere:1")
    with pytest.raises(WorkerError, match="no acknowledgement came"):
        generator._once(broker, 1_000, 0)
