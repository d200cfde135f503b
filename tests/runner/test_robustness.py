"""However a run ends, no process is left, no record is half-written, and the next run is clean."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import yaml

from lab.evidence import record
from lab.report import catalogue

pytestmark = [pytest.mark.service, pytest.mark.timeout(1800)]
LAB = Path(sys.executable).with_name("lab")
SMALL = Path(__file__).parents[1] / "experiments"
# Kills of a run of each experiment: LAB_ROBUSTNESS=20 for many, LAB_ROBUSTNESS_SLUGS="a b" for some.
KILLS = int(os.environ.get("LAB_ROBUSTNESS", "1"))
SLUGS = os.environ.get("LAB_ROBUSTNESS_SLUGS", "").split() or catalogue.slugs()
# About as long as a small run takes; a kill after its end would test nothing.
RUN_S = {"cdc_lakehouse": 60.0, "parquet_compaction": 40.0, "warehouse_bench": 40.0, "kafka_lag": 25.0}
SHORT_S = 8.0  # of the others
MARK = "LAB_TEST_RUN"


def _heed_ctrl_c() -> None:
    """A suite that a shell put into the background ignores SIGINT, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Runner:
    """A small run with folders of its own; every process that it starts inherits a mark."""

    def __init__(self, folder: Path, slug: str = "kafka_lag") -> None:
        self.build, self.temporary, self.mark = folder / "build", folder / "tmp", uuid.uuid4().hex
        self.temporary.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {
            "LAB_BUILD": str(self.build),
            "TMPDIR": str(self.temporary),
            MARK: self.mark,
        }
        small = yaml.safe_load((SMALL / f"{slug}.small.yaml").read_text())
        chosen = [part for name, value in small.items() for part in ("-p", f"{name}={json.dumps(value)}")]
        self.process = subprocess.Popen(
            [str(LAB), "run", slug, *chosen],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=_heed_ctrl_c,
        )

    def left(self) -> list[str]:
        """Command lines of living processes that carry the mark."""
        return [line for process in psutil.process_iter() if (line := self._marked(process))]

    def _marked(self, process: psutil.Process) -> str:
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == self.mark:
                return " ".join(process.cmdline()[:6])
        except psutil.Error:
            pass
        return ""

    def assert_clean(self) -> None:
        assert _eventually(lambda: not self.left()), self.left()
        assert _eventually(lambda: not list(self.temporary.glob("lab-run-*"))), list(self.temporary.iterdir())
        for path in self.build.rglob("*"):
            assert not path.name.startswith("."), f"half-written: {path}"
            if path.suffix == ".json":
                record.read(path)


def _eventually(holds: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


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
    runner.assert_clean()


def test_ctrl_c_takes_everything_down_and_says_so(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    time.sleep(10)
    os.killpg(runner.process.pid, signal.SIGINT)
    _, said = runner.process.communicate(timeout=60)
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
        _, said = run.process.communicate(timeout=240)
        (kept,) = run.build.glob("exploratory/kafka_lag/*/kafka_lag.json")
        made = record.read(kept)
        # Two at once share two cores: they may be too slow to tell, but nothing may break.
        assert run.process.returncode in (0, 3), (made["reasons"], said)
        exact = [
            item for item in made["criteria"] if item["tier"] == "invariant" and not item["precondition"]
        ]
        assert {item["outcome"] for item in exact} == {"pass"}, exact
        run.assert_clean()
