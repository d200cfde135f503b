"""However a run ends, no process is left, no record is half-written, and the next run is clean."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from killing import Runner
from lab.evidence import record
from lab.report import catalogue

pytestmark = [pytest.mark.service, pytest.mark.timeout(1800)]
# Kills of a run of each experiment: LAB_ROBUSTNESS=20 for many, LAB_ROBUSTNESS_SLUGS="a b" for some.
KILLS = int(os.environ.get("LAB_ROBUSTNESS", "1"))
SLUGS = os.environ.get("LAB_ROBUSTNESS_SLUGS", "").split() or catalogue.slugs()
# About as long as a small run takes; a kill after its end would test nothing.
RUN_S = {
    "airflow_failures": 80.0,
    "backlog_replay": 20.0,
    "backpressure": 20.0,
    "cdc_lakehouse": 60.0,
    "encrypted_pipeline": 25.0,
    "parquet_compaction": 40.0,
    "warehouse_bench": 40.0,
    "kafka_lag": 25.0,
    "late_features": 35.0,
    "model_drift": 35.0,
    "observability": 35.0,
    "sliding_windows": 40.0,
    "infra_drift": 35.0,
}
SHORT_S = 8.0  # of the others


@pytest.mark.parametrize("number", range(KILLS))
@pytest.mark.parametrize(
    "slug", [pytest.param(slug, marks=() if slug == "kafka_lag" else pytest.mark.drill) for slug in SLUGS]
)
def test_killed_at_a_random_moment_it_leaves_nothing(tmp_path: Path, slug: str, number: int) -> None:
    runner = Runner(tmp_path, slug)
    # Stratified, so that few kills still meet the start, the middle and the end of a run.
    time.sleep((number + random.random()) / KILLS * RUN_S.get(slug, SHORT_S))
    runner.process.kill()
    runner.process.wait()
    runner.assert_clean(cut_off=1)


def test_ctrl_c_takes_everything_down_and_says_so(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    time.sleep(10)
    os.killpg(runner.process.pid, signal.SIGINT)
    _, said = runner.process.communicate(timeout=120)
    assert runner.process.returncode == 130
    assert "stopped" in said
    assert "Traceback" not in said
    runner.assert_clean()


@pytest.mark.drill
def test_after_a_kill_the_next_run_is_clean_and_two_at_once_do_not_collide(tmp_path: Path) -> None:
    killed = Runner(tmp_path / "a")
    time.sleep(8)
    killed.process.kill()
    killed.process.wait()
    runs = [Runner(tmp_path / "a"), Runner(tmp_path / "b")]
    for run in runs:
        _, said = run.process.communicate(timeout=600)
        (kept,) = run.build.glob("exploratory/kafka_lag/*/kafka_lag.json")
        made = record.read(kept)
        # Two at once share two cores: they may be too slow to tell, but nothing may break.
        assert run.process.returncode in (0, 3), (made["reasons"], said)
        exact = [
            item for item in made["criteria"] if item["tier"] == "invariant" and not item["precondition"]
        ]
        assert {item["outcome"] for item in exact} == {"pass"}, exact
        run.assert_clean()
