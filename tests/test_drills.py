"""A change makes those drills due that it could break."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

import drills
from lab.evidence import baseline
from lab.report import catalogue

ALL = set(catalogue.slugs())


def _of(path: str) -> SimpleNamespace:
    return SimpleNamespace(path=Path(path))


@pytest.mark.parametrize("slug", ["kafka_lag"])
def test_a_case_of_an_experiment_is_due_when_that_has_changed(
    slug: str, request: pytest.FixtureRequest
) -> None:
    assert drills.concerned(request.node) == {slug}


def test_cases_of_one_experiment_go_to_one_worker_and_no_file_waits_for_another() -> None:
    cases = [
        "a/test_x.py::test_1[0-kafka_lag]",
        "a/test_x.py::test_2[kafka_lag-1-b]",
        "a/test_x.py::test_1[0-lineage]",
    ]
    plain = ["a/test_x.py::test_3", "a/test_x.py::test_4[lin-eage]", "a/test_y.py::test_1[kafka_lag]"]
    split = drills.ByExperiment._split_scope
    scheduler = object.__new__(drills.ByExperiment)
    assert [split(scheduler, one) for one in (*cases, *plain)] == [
        *("a/test_x.py kafka_lag", "a/test_x.py kafka_lag", "a/test_x.py lineage"),
        *("a/test_x.py ", "a/test_x.py ", "a/test_y.py kafka_lag"),
    ]


@pytest.mark.parametrize(
    ("path", "among", "not_among"),
    [
        ("tests/experiments/test_cdc_lakehouse_kit.py", {"cdc_lakehouse"}, ALL - {"cdc_lakehouse"}),
        ("tests/services/test_trino.py", {"warehouse_bench"}, {"sql_windows"}),
        ("tests/services/test_standing.py", ALL, set()),  # no experiment uses it
        ("tests/runner/test_robustness.py", ALL, set()),
    ],
)
def test_a_file_is_due_when_what_it_drills_has_changed(
    path: str, among: set[str], not_among: set[str]
) -> None:
    found = drills.concerned(_of(path))
    assert among <= found
    assert not found & not_among


def _kept(monkeypatch: pytest.MonkeyPatch, changed: set[str]) -> tuple[list[str], list[str]]:
    """Of two drills those that remain and those that were left out, by the experiment."""
    monkeypatch.setattr(baseline, "changed", lambda slug: slug in changed)
    items = [_of(f"tests/experiments/test_{slug}_x.py") for slug in ("kafka_lag", "sql_windows")]
    left_out: list[SimpleNamespace] = []
    hook = SimpleNamespace(pytest_deselected=lambda items: left_out.extend(items))
    drills.pytest_collection_modifyitems(SimpleNamespace(getoption=lambda _: True, hook=hook), items)
    return [item.path.stem for item in items], [item.path.stem for item in left_out]


def test_only_drills_of_changed_code_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _kept(monkeypatch, {"kafka_lag"}) == (["test_kafka_lag_x"], ["test_sql_windows_x"])
    assert _kept(monkeypatch, set())[0] == []


def test_none_is_started_after_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(drills._END, "inf")
    drill = SimpleNamespace(nodeid="test_x.py::test_it")
    drills.pytest_runtest_setup(drill)
    monkeypatch.setenv(drills._END, "0")
    with pytest.raises(pytest.skip.Exception, match=r"left out, the time is over: test_x\.py::test_it"):
        drills.pytest_runtest_setup(drill)


@pytest.mark.parametrize("slug", sorted(path.stem for path in baseline.FOLDER.glob("*.json")))
def test_the_baseline_knows_when_an_experiment_differs_from_it(
    slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = baseline.kept(slug)
    assert kept
    monkeypatch.setattr(baseline.sources, "digest", lambda *_: kept["provenance"]["source_hash"])
    assert not baseline.changed(slug)
    monkeypatch.setattr(baseline.sources, "digest", lambda *_: "another")
    assert baseline.changed(slug)
    assert baseline.changed("never_published")


def test_all_workers_take_the_files_in_the_same_order_though_no_time_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(drills._END, raising=False)
    items = [_of(f"tests/test_{number}.py") for number in range(20)]

    def order(seed: str) -> list[str]:
        monkeypatch.setenv(drills._ORDER, seed)
        return [item.path.stem for item in drills._in_some_order(items)]  # type: ignore[arg-type]

    assert order("1") == order("1") != order("2")
