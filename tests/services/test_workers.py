"""Functions in processes of their own, killed with all that they started."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

import workerjobs
from lab.services.process import last_lines
from lab.services.workers import WorkerError, spawn
from living import lives

pytestmark = pytest.mark.service


def _await(true: Callable[[], object], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_worker_takes_its_children_and_its_folder_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(workerjobs.__file__).parent))
    worker = spawn(workerjobs.start_a_child_and_sleep, tmp_path / "told")
    _await((tmp_path / "told").exists)
    child, folder = (tmp_path / "told").read_text().splitlines()
    worker.check()
    worker.kill()
    _await(lambda: not lives(int(child)))
    _await(lambda: not Path(folder).exists())  # its reaper was not killed with it
    with pytest.raises(WorkerError, match="ended with status -9"):
        worker.check()


def test_the_reason_is_not_pushed_out_by_javas_stack_frames(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("Caused by: no room\n" + "\tat a.b.C(D.java:1)\n" * 50 + "\t... 7 more\n")
    assert last_lines(log) == "Caused by: no room\n\t... 7 more"
    assert last_lines(tmp_path / "none") == ""
