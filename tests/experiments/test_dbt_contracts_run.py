"""The package from an empty folder; what parameters are refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
import yaml

from lab import environments
from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.experiments.dbt_contracts import PACKAGE, Params
from lab.services.commands import run as command
from lab.services.postgres import postgres
from lab.setup import golang

pytestmark = pytest.mark.service


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
        {"mutants": 5},
        {"elsewhere": 1},
        {"sizes": (1_000, 2_000)},
        {"sizes": (9, 10_000, 20_000)},
        {"raet": 1},
    ],
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        parameters.parse(Params, wrong)
