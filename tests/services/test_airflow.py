"""A real Airflow: it starts, runs a DAG of its folder, says what a broken file is, and leaves nothing behind."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from lab.errors import ServiceError
from lab.services.airflow import VARIABLE, Airflow, airflow

pytestmark = [pytest.mark.service, pytest.mark.drill]
DAG = """
from airflow.sdk import dag, task

@dag(dag_id="mini", schedule=None, params={"who": "nobody"})
def mini():
    @task(pool="narrow")
    def greet(params):
        import os
        open(os.environ["GREETED"], "w").write(params["who"])

    greet()

mini()
"""


def test_it_runs_a_dag_with_what_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "mini.py").write_text(DAG)
    greeted = tmp_path / "greeted"
    with airflow(tmp_path / "dags", {}, {"GREETED": str(greeted)}, {"narrow": 1}, ["mini"]) as found:
        found.post("dags/mini/dagRuns", {"dag_run_id": "one", "logical_date": None, "conf": {"who": "world"}})
        assert _ended(found, "one") == "success"
        assert greeted.read_text() == "world"
        assert {pool["name"]: pool["slots"] for pool in found.get("pools")["pools"]}["narrow"] == 1


def _ended(found: Airflow, run: str) -> str:
    deadline = time.monotonic() + 150
    while time.monotonic() < deadline:
        state = found.get(f"dags/mini/dagRuns/{run}")["state"]
        if state in ("success", "failed"):
            return str(state)
        time.sleep(0.2)
    return "not ended"


def test_a_file_that_can_t_be_imported_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "broken.py").write_text("from airflow.sdk import dag\nimport no_such_module\n")
    with pytest.raises(ServiceError, match="no_such_module"), airflow(tmp_path, expect=["mini"]):
        pass


def test_one_that_does_not_answer_is_told_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "http://127.0.0.1:9")
    with pytest.raises(ServiceError, match=VARIABLE), airflow(Path()):
        pass
