"""Of the small runs on containers: the table always comes, and tells as tried only what was tried."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import containerruns
from containerruns import Row
from lab import paths
from lab.report import catalogue

Runs = Callable[..., None]


@pytest.fixture
def runs(build: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Have each run start the services `up` by an engine that starts whatever it is told, and end as told."""
    monkeypatch.setenv("LAB_COMPOSE", "true --option")
    monkeypatch.setenv("LAB_SERVICES", "local")  # given back after the test

    def end(verdict: str, reasons: tuple[str, ...] = (), up: tuple[str, ...] = ()) -> None:
        def run(slug: str, given: dict[str, Any], place: object) -> SimpleNamespace:
            assert os.environ["LAB_SERVICES"] == "compose"
            program = os.environ["LAB_COMPOSE"]
            for name in up:
                subprocess.run([program, "-p", "lab-1", "up", "--detach", "--no-build", name], check=True)
                subprocess.run([program, "-p", "lab-1", "stop", name], check=True)
            return SimpleNamespace(record={"verdict": verdict, "reasons": list(reasons)})

        monkeypatch.setattr(containerruns, "run", run)

    return end


@pytest.mark.parametrize(("verdict", "status"), [("pass", 0), ("inconclusive", 0), ("fail", 1), ("error", 1)])
def test_a_run_that_fails_or_breaks_is_the_exit_status(
    runs: Runs, capsys: pytest.CaptureFixture[str], verdict: str, status: int
) -> None:
    runs(verdict, ("rows are\nmissing",), up=("postgres",))
    assert containerruns.main(["sql_windows"]) == status
    (row,) = capsys.readouterr().out.splitlines()[1:]
    assert row.split()[:2] == ["sql_windows", verdict]
    assert row.endswith("rows are missing" if status else " postgres")


def test_what_was_started_is_told_by_name_once(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    runs("pass", up=("redis", "kafka-1", "redis"))
    assert containerruns.main(["feature_store"]) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith("  kafka-1, redis")


def test_a_service_of_one_run_is_not_told_of_the_next(runs: Runs) -> None:
    runs("pass", up=("postgres",))
    assert containerruns.main(["sql_windows"]) == 0
    runs("pass")
    assert containerruns.main(["sql_windows"]) == 1


def test_a_run_without_a_container_was_not_tried(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    runs("pass")
    assert containerruns.main(["sql_windows"]) == 1
    assert "no container was started" in capsys.readouterr().out


def test_an_experiment_without_a_service_is_not_run(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(containerruns, "run", lambda *_: pytest.fail("it was run"))
    assert containerruns.main(["private_aggregates"]) == 0
    row = capsys.readouterr().out.splitlines()[1]
    assert row.split(maxsplit=2) == ["private_aggregates", "-", containerruns.NOTHING_TO_TRY]


def test_the_table_comes_even_after_an_interruption(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def one(slug: str) -> Row:
        if slug == "sql_windows":
            raise KeyboardInterrupt
        return Row(slug, "pass", 3, "kafka-1")

    monkeypatch.setattr(containerruns, "tried", one)
    with pytest.raises(KeyboardInterrupt):
        containerruns.main(["kafka_lag", "sql_windows"])
    assert capsys.readouterr().out.splitlines()[1].split() == ["kafka_lag", "pass", "3", "kafka-1"]


def test_all_experiments_are_tried_unless_some_are_named(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(containerruns, "tried", lambda slug: Row(slug, "", 0, ""))
    assert containerruns.main([]) == 0
    assert [row.split()[0] for row in capsys.readouterr().out.splitlines()[1:]] == catalogue.slugs()


def test_an_unknown_experiment_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(SystemExit, match=r"no experiment no_such; there are: .*kafka_lag"):
        containerruns.main(["no_such"])


@pytest.mark.parametrize("engine", ["true", "false"], ids=["images", "no images"])
def test_an_engine_that_starts_nothing_is_told_in_the_table(build: Path, engine: str) -> None:
    """The script itself and a real run, which the engine lets down."""
    done = subprocess.run(
        [paths.PROJECT / "env" / "containers", "small", "etl_drift", "private_aggregates"],
        env=os.environ | {"ENGINE": engine, "LAB_COMPOSE": "sh -c 'echo no engine here >&2; exit 7'"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    _, failed, untried = done.stdout.splitlines()[-3:]
    assert failed.split()[:2] == ["etl_drift", "error"]
    assert "no engine here" in failed
    assert untried.endswith(containerruns.NOTHING_TO_TRY)
    assert ("could not build the image lab-postgres" in done.stderr) == (engine == "false")
