"""Parameters that are refused; the kit in an empty folder against an Airflow; a run that is killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from killing import Runner
from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.experiments.airflow_failures import DAGS, KIT, Params, faults
from lab.experiments.airflow_failures.measure.stand import stand
from lab.experiments.airflow_failures.workload import CALM

SMALL = Params(rounds=1, rows=600, outage_s=6.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rounds": 0},
        {"rows": 1},
        {"layers": (2, 1)},
        {"layers": (1, 5)},
        {"outage_s": "long"},
        {"outage_s": 4.0},
        {"heartbeat_timeout_s": 1},
        {"seed": True},
        {"latency_ms": 5},
        {"rows": 100_000},
        {"ruonds": 1},
    ],
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        parameters.parse(Params, wrong)


def test_the_table_of_faults_names_five_modes() -> None:
    table = faults()
    assert table["mode"].nunique() == 5 and table["name"].is_unique
    assert set(table["due"]) == {"recovered", "failed safe"}


def test_everything_that_the_readme_names_is_there() -> None:
    readme = (KIT / "README.md").read_text()
    for name in ("tables.sql", "orders.py", "guards.py"):
        assert name in readme and (DAGS / name).exists()
    for path in (KIT / "harness").glob("[a-z]*.py"):
        assert path.name in readme


@pytest.mark.service
@pytest.mark.drill
@pytest.mark.timeout(900)
def test_the_kits_own_tests_pass_from_an_empty_folder_against_an_airflow(tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    shutil.copytree(KIT, kit, ignore=shutil.ignore_patterns("__pycache__"))
    with stand(SMALL, kit / "dags") as up:
        calm = up.warehouses[CALM]
        told = {
            "AIRFLOW_URL": up.airflow.url,
            "AIRFLOW_TOKEN": up.airflow.token,
            "WAREHOUSE": calm.dsn,
            "SOURCE": up.source,
            "TOXIPROXY": calm.link.proxy,
            "WAREHOUSE_PID": str(getattr(calm.node, "pid", 0)),
            "OUTAGE_S": "4",
            "PATIENCE_S": "180",
        }
        bare = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "harness/test_failures.py"],
            cwd=kit,
            env=bare | told,
            capture_output=True,
            text=True,
            timeout=800,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "6 passed" in done.stdout and "skipped" not in done.stdout


@pytest.mark.service
@pytest.mark.drill
@pytest.mark.parametrize("after_s", [8, 25, 45])
def test_a_run_that_is_killed_leaves_nothing(tmp_path: Path, after_s: float) -> None:
    runner = Runner(tmp_path, "airflow_failures")
    time.sleep(after_s)
    runner.process.kill()
    runner.process.wait()
    runner.assert_clean()
