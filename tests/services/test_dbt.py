"""dbt as one warm process: what it tells, what it can't do, and that nothing of it is left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psutil
import pytest

from lab.errors import ServiceError
from lab.services.dbt import Dbt, dbt, version

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def warm() -> Iterator[Dbt]:
    with dbt() as found:
        yield found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One model of numbers with a test of each outcome."""
    path = "{{ env_var('TRIED_DB') }}"
    files = {
        "dbt_project.yml": {"name": "tried", "version": "1.0.0", "profile": "tried"},
        "profiles.yml": {
            "tried": {"target": "it", "outputs": {"it": {"type": "duckdb", "path": path, "threads": 1}}}
        },
        "models/numbers.yml": {
            "models": [{"name": "numbers", "columns": [{"name": "i", "data_tests": ["unique", "not_null"]}]}]
        },
    }
    (tmp_path / "models").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    (tmp_path / "models" / "numbers.sql").write_text(
        "select {{ var('value', 1) }} as i union all select 2 as i"
    )
    return tmp_path


def _on(project: Path, name: str = "tried") -> dict[str, str]:
    path = project / name / "lake.duckdb"  # DuckDB calls a database by its file
    path.parent.mkdir(exist_ok=True)
    return {"TRIED_DB": str(path)}


def test_an_invocation_tells_what_became_of_each_node(warm: Dbt, project: Path) -> None:
    told = warm.invoke(["build"], project, environment=_on(project))
    assert told.success and told.error == "" and told.seconds > 0
    assert [(node.kind, node.status) for node in told.nodes] == [
        ("model", "success"),
        ("test", "pass"),
        ("test", "pass"),
    ]
    assert {node.rule for node in told.nodes} == {"", "unique", "not_null"}


def test_what_it_wrote_can_be_read_while_it_is_still_warm(warm: Dbt, project: Path) -> None:
    for name in ("one", "other"):  # the same project on another file, by a variable of the environment
        warm.invoke(["run"], project, environment=_on(project, name))
        with duckdb.connect(_on(project, name)["TRIED_DB"]) as written:
            assert written.sql("select sum(i) from numbers").fetchall() == [(3,)]


def test_a_failing_test_is_told_and_other_variables_are_parsed_anew(warm: Dbt, project: Path) -> None:
    assert warm.invoke(["build"], project, environment=_on(project)).success
    told = warm.invoke(["build"], project, {"value": 2}, _on(project))
    (failed,) = [node for node in told.nodes if node.status == "fail"]
    assert not told.success and failed.rule == "unique" and "Got 1 result" in failed.message


def test_a_changed_file_counts_where_it_is_parsed_again(warm: Dbt, project: Path) -> None:
    assert warm.invoke(["run"], project, environment=_on(project)).success
    (project / "models" / "numbers.sql").write_text("select nowhere as i")
    assert warm.invoke(["run"], project, environment=_on(project)).success
    told = warm.invoke(["run"], project, environment=_on(project), parse_once=False)
    assert not told.success and "nowhere" in told.nodes[0].message


def test_a_project_that_is_broken_is_told_in_words(warm: Dbt, project: Path) -> None:
    (project / "models" / "numbers.yml").write_text("models: [{name: ")
    told = warm.invoke(["build"], project, environment=_on(project))
    assert not told.success and told.nodes == () and "numbers.yml" in told.error
    (project / "profiles.yml").unlink()
    assert "profile" in warm.invoke(["build"], project, {"value": 1}, _on(project)).error.lower()
    assert warm.invoke(["no-such-command"], project, parse_once=False).error


def test_ls_gives_lines(warm: Dbt, project: Path) -> None:
    told = warm.invoke(["ls", "--resource-type", "model"], project, environment=_on(project))
    assert told.lines == ("tried.numbers",)


def test_one_that_was_killed_or_takes_too_long_says_so_and_is_gone(project: Path) -> None:
    with dbt() as short:
        pid = short._process._child.pid
        with pytest.raises(ServiceError, match=r"took longer than 0\.001 s"):
            short.invoke(["build"], project, environment=_on(project), timeout_s=0.001)
        assert not psutil.pid_exists(pid)
        with pytest.raises(ServiceError, match="has ended"):
            short.invoke(["build"], project, environment=_on(project))


def test_versions_are_those_of_its_environment() -> None:
    assert version().startswith("1.")
    assert version("dbt-duckdb")
