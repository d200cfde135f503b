"""The sanity of the harness itself: what is broken, idle, missing or slow must show in the verdict."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest

from lab.evidence.criteria import conclude, judge_all, judge_control
from lab.evidence.result import Result
from lab.experiments import kafka_lag
from lab.services.session import session

pytestmark = [pytest.mark.service, pytest.mark.timeout(300)]
LAB = Path(sys.executable).with_name("lab")
PARAMS = kafka_lag.Params(rate=4_000, seconds=4, partitions=4)


def _verdict(treatment: Result, control: Result) -> str:
    judged = judge_all(kafka_lag.CRITERIA, treatment.observed)
    arm, _ = kafka_lag.CONTROLS
    return conclude(judged, {arm.name: judge_control(arm, kafka_lag.CRITERIA, control.observed)}).value


def _everything_in_one(key: bytes, sequence: int, partitions: int) -> int:
    return 0


def test_a_broken_mechanism_fails_its_criterion() -> None:
    result = kafka_lag.run(PARAMS, [kafka_lag.Variant("all in one partition", _everything_in_one, 0)])
    judged = {item.criterion.name: item.outcome for item in judge_all(kafka_lag.CRITERIA, result.observed)}
    assert judged["lag_bounded"] == "fail"
    assert judged["delivered_once"] == judged["placed_as_told"] == "pass"
    assert _verdict(result, result) in ("fail", "inconclusive")  # never a pass


@pytest.fixture
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place of its own for what a run writes: another test's run may stand beside this one."""
    session()  # begun where it may stay: the tests after this one have the same, and servers of theirs must reach it
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.drill
@pytest.mark.usefixtures("apart")
def test_a_slow_generator_is_never_a_pass() -> None:
    stalled = threading.Thread(target=_stall, args=("generate", 5))
    stalled.start()
    result = kafka_lag.run(PARAMS, [kafka_lag.Variant("keyed", kafka_lag.keyed, 0)])
    stalled.join()
    judged = {item.criterion.name: item.outcome for item in judge_all(kafka_lag.CRITERIA, result.observed)}
    assert judged["rate_reached"] == "fail"
    assert judged["punctual"] == "fail"
    assert judged["delivered_once"] == "pass"
    assert _verdict(result, result) == "inconclusive"


@pytest.mark.drill
@pytest.mark.usefixtures("apart")
def test_a_consumer_that_starves_makes_it_inconclusive_and_not_an_error() -> None:
    # Longer than the group waits for a member, which then finds that its partitions were given away.
    stalled = threading.Thread(target=_stall, args=("consume", 13))
    stalled.start()
    result = kafka_lag.run(PARAMS, [kafka_lag.Variant("keyed", kafka_lag.keyed, 0)])
    stalled.join()
    judged = {item.criterion.name: item.outcome for item in judge_all(kafka_lag.CRITERIA, result.observed)}
    assert judged["group_stable"] == "fail", result.observed["group_stable"]
    assert judged["delivered_once"] == judged["placed_as_told"] == "pass", result.observed
    assert _verdict(result, result) == "inconclusive"


def _stall(target: str, seconds: float) -> None:
    """SIGSTOP one worker that runs `target` from the middle of the last window on."""
    deadline = time.monotonic() + 120
    # window-0 warms up, 1 and 2 are the lower levels, 3 is the top; its clock runs once `start` is there.
    while not list(Path(tempfile.gettempdir()).glob("lab-kafka-lag-*/window-3/start")):
        if time.monotonic() > deadline:
            return
        time.sleep(0.05)
    time.sleep(1.5)
    worker = next(child for child in psutil.Process().children() if _runs(child, target))
    worker.suspend()
    time.sleep(seconds)
    worker.resume()


def _runs(child: psutil.Process, target: str) -> bool:
    # A worker's errors go to a file that is named after its function.
    return Path(f"/proc/{child.pid}/fd/2").readlink().name.startswith(f"{target}-")


def _run(build: Path, *assignments: str, **environment: str) -> tuple[int, dict, str]:
    options = [part for assignment in assignments for part in ("-p", assignment)]
    done = subprocess.run(
        [str(LAB), "run", "kafka_lag", *options],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"LAB_BUILD": str(build)} | environment,
    )
    (kept,) = build.glob("exploratory/kafka_lag/*/kafka_lag.json")
    return done.returncode, json.loads(kept.read_text()), done.stdout


@pytest.mark.drill
def test_a_control_that_does_not_fail_makes_it_inconclusive(tmp_path: Path) -> None:
    status, record, said = _run(tmp_path, "rate=3000", "seconds=2", "partitions=4", "zipf=0")
    assert record["control"]["outcome"] != "fail"
    assert (status, record["verdict"]) == (3, "inconclusive"), said
    assert any("control “hot key” did not fail" in reason for reason in record["reasons"])


def test_a_service_that_can_not_start_makes_it_an_error(tmp_path: Path) -> None:
    status, record, said = _run(tmp_path, "rate=3000", LAB_TOOLS=str(tmp_path / "none"))
    assert (status, record["verdict"]) == (4, "error"), said
    assert record["reasons"] == ["ServiceError: kafka is not installed. Run: lab setup kafka_lag"]
    assert {item["outcome"] for item in record["criteria"]} == {"not run"}
