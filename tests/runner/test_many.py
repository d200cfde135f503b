"""Experiments that time nothing run two at a time, and end together with who started them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil
import pytest

import scratch

pytestmark = pytest.mark.timeout(500)
MARK = "LAB_TEST_RUN"
BOTH = "from lab.runner.many import run_all; print(run_all(['quick', 'quick_1'], force=True)[1])"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two experiments that time nothing."""
    folder = scratch.project(tmp_path / "project")
    scratch.twin(folder, "quick", "quick_1")
    return folder


def _start(project: Path, mark: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", BOTH],
        cwd=project,
        env=scratch.environment(project) | {MARK: mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def test_both_leave_a_record(project: Path) -> None:
    out, said = _start(project, "").communicate(timeout=200)
    assert "quick and quick_1 ..." in said
    assert out == "[]\n", said
    for slug in ("quick", "quick_1"):
        made = json.loads((project / "build" / "records" / f"{slug}.json").read_text())
        assert made["verdict"] == "pass", made["reasons"]


def test_ctrl_c_takes_both_down(project: Path) -> None:
    for slug in ("quick", "quick_1"):
        path = project / "notebooks" / f"{slug}.ipynb"
        path.write_text(
            path.read_text().replace(
                "params = parameters", "import time\\ntime.sleep(300)\\nparams = parameters"
            )
        )
    mark = uuid.uuid4().hex
    runs = _start(project, mark)
    _eventually(lambda: sum("ipykernel_launcher" in line for line in _left(mark)) == 2)
    os.killpg(runs.pid, signal.SIGINT)
    runs.communicate(timeout=120)
    _eventually(lambda: not _left(mark))
    assert not list((project / "build").rglob("*.json"))


def _left(mark: str) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def _eventually(holds: object, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.1)
