"""A whole run in little; a way of a reader's own; the package from an empty folder; what parameters are refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
import yaml

import wholerun
from lab import environments
from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.evidence.criteria import judge_all
from lab.evidence.result import Result
from lab.experiments import dbt_contracts as package
from lab.experiments.dbt_contracts import CRITERIA, PACKAGE, Arm, Params, run, run_with_controls
from lab.services.commands import run as command
from lab.services.postgres import postgres
from lab.setup import golang

pytestmark = pytest.mark.service
SMALL = Params(mutants=16, postgres_mutants=3, sizes=(1_000, 2_000, 4_000), rounds=1)


@pytest.fixture(scope="module")
def whole() -> tuple[Result, dict[str, Result]]:
    return run_with_controls(SMALL)


def test_invariants_hold_in_a_run_and_every_control_fails_its_criterion(
    whole: tuple[Result, dict[str, Result]],
) -> None:
    wholerun.invariants_hold_and_controls_fail(package, whole)


def test_the_record_says_how_strong_it_is(whole: tuple[Result, dict[str, Result]]) -> None:
    wholerun.says_how_strong_it_is(package, whole)


def test_a_readers_own_way_to_run_the_package_is_judged() -> None:
    mine = Arm("no tests of categories", ("build", "--exclude", "test_name:accepted_values"))
    found = run(SMALL, mine)
    outcomes = {item.criterion.name: item.outcome for item in judge_all(CRITERIA, found.observed)}
    assert (outcomes["violations_named"], outcomes["benign_blocked"]) == ("fail", "pass")


@pytest.fixture(scope="module")
def taken_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package in a folder outside of the project."""
    return Path(shutil.copytree(PACKAGE, tmp_path_factory.mktemp("home") / "shop_orders"))


def steps() -> list[str]:
    """What the package's workflow runs of dbt."""
    workflow = yaml.safe_load((PACKAGE / ".github" / "workflows" / "ci.yml").read_text())
    return [
        step["run"] for step in workflow["jobs"]["build"]["steps"] if step.get("run", "").startswith("dbt")
    ]


def follow(folder: Path, target: str, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The workflow's steps in the package's `integration_tests`, the last one twice; what that said."""
    monkeypatch.chdir(folder / "integration_tests")
    own = {"DBT_PROFILES_DIR": ".", "DBT_TARGET": target, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    said = ""
    for step in (*steps(), steps()[-1]):
        _, *arguments = step.split()
        program = str(environments.program("dbt", "dbt"))
        said = command(
            [program, *arguments], step, environment=environments.variables("dbt") | own | variables
        ).stdout
    return said


def test_the_workflow_builds_the_package_on_duckdb_twice(
    taken_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = follow(taken_home, "duckdb", {}, monkeypatch)
    assert "PASS=48 WARN=0 ERROR=0" in said
    with duckdb.connect(str(taken_home / "integration_tests" / "sample.duckdb")) as built:
        assert built.sql("SELECT count(*) FROM analytics.fct_orders").fetchall() == [(12,)]


@pytest.mark.drill
def test_the_workflow_builds_the_package_on_postgresql(
    taken_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from psycopg import conninfo

    with postgres() as server:
        known = conninfo.conninfo_to_dict(server.dsn)
        variables = {
            f"PG{name.upper()}": str(known.get(key, ""))
            for name, key in (("host", "host"), ("port", "port"), ("user", "user"), ("database", "dbname"))
        }
        assert "PASS=48 WARN=0 ERROR=0" in follow(taken_home, "postgres", variables, monkeypatch)


def test_the_workflow_has_no_fault_that_actionlint_knows() -> None:
    command(
        [str(golang.program("actionlint")), str(PACKAGE / ".github" / "workflows" / "ci.yml")], "actionlint"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"mutants": 3},
        {"postgres_mutants": 0},
        {"sizes": (1_000, 2_000)},
        {"sizes": (9, 10_000, 20_000)},
        {"raet": 1},
    ],
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        parameters.parse(Params, wrong)
