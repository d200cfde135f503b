"""A small run with folders of its own, which a test may kill at any moment; and what must then be left: nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
import weakref
from collections.abc import Callable
from pathlib import Path

import psutil
import yaml

from lab.evidence import record

LAB = Path(sys.executable).with_name("lab")
SMALL = Path(__file__).parent / "experiments"
MARK = "LAB_TEST_RUN"


def _heed_ctrl_c() -> None:
    """A suite that a shell put into the background ignores SIGINT, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Runner:
    """A small run with folders of its own; every process that it starts inherits a mark.

    temporary: another's folder for temporary files, to meet there what that one left.
    """

    def __init__(self, folder: Path, slug: str = "kafka_lag", temporary: Path | None = None) -> None:
        folder.mkdir(exist_ok=True)
        self.build, self.mark = folder / "build", uuid.uuid4().hex
        # Not among the test's own folders, which nobody else may enter: servers that refuse root run as another user.
        self.temporary = temporary or self._folder()
        environment = os.environ | {
            "LAB_BUILD": str(self.build),
            "TMPDIR": str(self.temporary),
            MARK: self.mark,
        }
        typed = [part for name, text in chosen(slug).items() for part in ("-p", f"{name}={text}")]
        self._output = folder / "output"  # a file: a pipe that nobody reads would fill and hold the run up
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [str(LAB), "run", slug, *typed],
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_heed_ctrl_c,
            )

    def _folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="lab-killed-"))
        folder.chmod(0o711)
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder

    def said(self, timeout: float) -> str:
        """Wait for the run's end, at most `timeout` s; what it printed, with the reasons of its verdict."""
        self.process.wait(timeout)
        return self._output.read_text(errors="replace")

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

    def assert_clean(self, cut_off: int = 0) -> None:
        """No process and no folder is left, and no record by halves.

        cut_off: how many files may have been in the midst of being written, each under a hidden name that nobody reads:
        one where SIGKILL came, which leaves no time to tidy up.
        """
        assert _eventually(lambda: not self.left()), self.left()
        assert _eventually(lambda: not list(self.temporary.glob("lab-run-*"))), list(self.temporary.iterdir())
        found = list(self.build.rglob("*"))
        hidden = [path for path in found if path.name.startswith(".")]
        assert len(hidden) <= cut_off, f"half-written: {hidden}"
        for path in found:
            if path.suffix == ".json" and path not in hidden:
                record.read(path)


def chosen(slug: str) -> dict[str, str]:
    """The small run's parameters as they are typed on the command line: a list is JSON, all else as papermill reads it."""
    small = yaml.safe_load((SMALL / f"{slug}.small.yaml").read_text())
    return {
        name: json.dumps(value) if isinstance(value, list) else str(value) for name, value in small.items()
    }


def _eventually(holds: Callable[[], bool], seconds: float = 120) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
