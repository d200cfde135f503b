"""A run under load: the load is one, outlives nobody, and the command goes on where it was stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

import scratch
from lab import declared
from lab.errors import EvidenceError
from lab.evidence import baseline, record, sources
from lab.evidence.reproduction import Load
from lab.files import write_atomically
from lab.runner import reproduce
from lab.runner.busy import BUSY_S, PAUSE_S, busy
from lab.services.workers import WorkerError
from samples import sample_record

pytestmark = pytest.mark.timeout(300)
MARK = "LAB_TEST_RUN"
# Starts the load by itself, without session and reaper, and says its process.
BARE = """
import subprocess, sys, time
work = "import os; from lab.runner.busy import burn; burn(os.getppid(), 1, None)"
print(subprocess.Popen([sys.executable, "-c", work]).pid, flush=True)
time.sleep(300)
"""


def eventually(holds: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_the_load_takes_a_core_is_told_and_ends_with_the_block() -> None:
    with busy(3) as told:
        (child,) = _loads()
        eventually(lambda: told().share > 0.1)
        used = sum(child.cpu_times()[:2])
        wants = [_wants_a_core(child) for _ in range(150)]
        used, load = sum(child.cpu_times()[:2]) - used, told()
    # Whatever else runs here: it wants its core most of the time, pauses counted in, and is given some of it.
    assert sum(wants) / len(wants) >= 0.5
    assert used >= 0.3
    assert 0.1 < load.share <= 1
    assert load.seed == 3
    assert load.core in os.sched_getaffinity(0)
    assert not alive(child.pid)


def _loads() -> list[psutil.Process]:
    return [item for item in psutil.Process().children() if "lab.services.workers" in item.cmdline()]


def _wants_a_core(child: psutil.Process) -> bool:
    time.sleep(0.03)
    return child.status() == psutil.STATUS_RUNNING and len(child.cpu_affinity()) == 1


def test_a_load_that_has_ended_before_its_time_is_an_error() -> None:
    with busy(1) as told:
        (child,) = _loads()
        child.kill()
        eventually(lambda: not alive(child.pid))
        with pytest.raises(WorkerError, match="burn ended with status -9"):
            told()


def test_the_load_ends_by_itself_when_its_parent_was_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", BARE], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    eventually(lambda: sum(psutil.Process(pid).cpu_times()[:2]) > 1)  # so it is past its imports
    parent.kill()
    parent.wait()
    eventually(lambda: not alive(pid), 10)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose baseline is a run of `quick`."""
    folder = scratch.project(tmp_path / "project")
    done = scratch.lab(folder, "run", "quick")
    assert done.returncode == 0, done.stderr
    (folder / "baseline").mkdir()
    (folder / "baseline" / "quick.json").write_bytes(
        (folder / "build" / "records" / "quick.json").read_bytes()
    )
    return folder


def _edit(path: Path, old: str, new: str) -> None:
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def _stored(project: Path) -> dict:
    return json.loads((project / "build" / "reproduction" / "quick" / "quick.json").read_text())


def test_a_run_is_made_once_for_a_load_and_kept_when_asked(project: Path) -> None:
    published = (project / "build" / "records" / "quick.json").read_bytes()
    first = scratch.lab(project, "reproduce", "quick")
    assert first.returncode == 0, first.stdout + first.stderr
    assert first.stdout.startswith("✓ quick                    agrees ")
    assert "% of a core\n1 of 1 agree with the baseline\n" in first.stdout
    assert not (project / "reproduction").exists()
    run = _stored(project)["run_id"]
    assert scratch.lab(project, "reproduce", "quick", "--keep").stdout == first.stdout
    kept = json.loads((project / "reproduction" / "quick.json").read_text())
    assert (kept["after"]["run_id"], kept["overall"], kept["load"]["seed"]) == (run, "agrees", 1)
    assert _stored(project)["run_id"] == run
    for options in (["--seed", "2"], ["--seed", "2", "--force"]):
        scratch.lab(project, "reproduce", "quick", *options)
        assert _stored(project)["run_id"] != run
        run = _stored(project)["run_id"]
    assert (project / "build" / "records" / "quick.json").read_bytes() == published


def test_an_error_is_told_and_the_next_has_its_turn(project: Path) -> None:
    package = project / "src" / "lab" / "experiments" / "quick" / "__init__.py"
    _edit(package, "    if params.rate > 899:", "    if wait_ms is None:")
    done = scratch.lab(project, "reproduce", "kafka_lag", "quick", "--keep")  # which has no baseline there
    assert done.returncode == 4
    first, second, last = done.stdout.splitlines()
    assert first.startswith("! kafka_lag                error         there is no baseline of kafka_lag")
    assert second.startswith("! quick ")
    assert "RuntimeError: too fast for this machine" in second
    assert last == "0 of 2 agree with the baseline"
    kept = json.loads((project / "reproduction" / "quick.json").read_text())
    assert (kept["overall"], kept["criteria"]) == ("error", [])
    _edit(package, "    if wait_ms is None:", "    if params.rate > 899:")
    assert scratch.lab(project, "reproduce", "quick").returncode == 0  # an error is run again


def test_what_turned_fails_the_command(project: Path) -> None:
    package = project / "src" / "lab" / "experiments" / "quick" / "__init__.py"
    _edit(package, "    waited = params.rate if", "    waited = 501 if")
    done = scratch.lab(project, "reproduce", "quick")
    assert done.returncode == 1
    assert "invariant `soon`: pass at 10 ms, now fail at 501 ms" in done.stdout


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_however_it_is_ended_no_load_is_left(project: Path, number: int, status: int) -> None:
    _edit(
        project / "notebooks" / "quick.ipynb",
        "params = parameters",
        "import time\\ntime.sleep(300)\\nparams = parameters",
    )
    mark = uuid.uuid4().hex
    running = subprocess.Popen(
        [sys.executable, "-c", "from lab.cli import main; main()", "reproduce", "quick"],
        cwd=project,
        env=scratch.environment(project) | {MARK: mark},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    eventually(lambda: any("ipykernel_launcher" in line for line in _marked(mark)))
    assert any("lab.services.workers" in line for line in _marked(mark))
    os.killpg(running.pid, number)
    assert running.wait(60) == status
    eventually(lambda: not _marked(mark))
    assert not list((project / "build" / "reproduction").rglob("*.json"))


def _marked(mark: str) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def test_a_baseline_of_other_parameters_is_refused_before_anything_is_run(
    build: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is when the notebook has got a parameter since."""
    params = declared.defaults("kafka_lag")
    params.pop("rate")
    made = sample_record({"fast": 0.05}, 0.2) | {"experiment": "kafka_lag", "params": params}
    monkeypatch.setattr(baseline, "kept", lambda slug: made)
    monkeypatch.setattr(reproduce, "run", None)  # nobody calls it
    with pytest.raises(EvidenceError, match="no baseline of kafka_lag with its own parameters"):
        reproduce.reproduce("kafka_lag", 1)
    assert not build.exists()


def test_a_load_that_was_another_runs_is_none(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two commands at once put their runs into the same place, one after the other."""
    monkeypatch.setattr(sources, "digest", lambda slug, params: "0")
    place = reproduce._place("something")
    load = Load(seed=1, core=0, busy_s=BUSY_S, pause_s=PAUSE_S, share=0.8)
    first, second = sample_record({"fast": 0.05}, 0.2), sample_record({"fast": 0.05}, 0.2)
    record.write(first, place.records)
    write_atomically(
        reproduce._load(place), reproduce.Loaded(run_id=first["run_id"], load=load).model_dump_json()
    )
    assert reproduce._known(place, 1) == (first, load)
    assert reproduce._known(place, 2) is None
    record.write(second, place.records)
    assert reproduce._known(place, 1) is None


@pytest.mark.parametrize("slug", sorted(path.stem for path in baseline.FOLDER.glob("*.json")))
def test_a_baseline_has_the_notebooks_own_parameters_or_nothing_could_be_held_against_it(slug: str) -> None:
    kept = baseline.kept(slug)
    assert kept
    assert kept["params"] == declared.defaults(slug)
