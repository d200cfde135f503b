"""Python functions in processes of their own: load generators, consumers.

`spawn(target, *args)` runs an importable function in a fresh interpreter, so that it shares no lock and
no thread with a notebook. The reaper of `lab.services.session` ends it with its parent.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.services.process import kill_family
from lab.services.session import session


class WorkerError(LabError):
    """A worker ended with an exception; the message carries its traceback."""


@dataclass
class Worker:
    """A function at work in another process."""

    name: str
    _child: subprocess.Popen[bytes]
    _errors: Path

    @property
    def pid(self) -> int:
        return self._child.pid

    def check(self) -> None:
        """WorkerError if it has failed; nothing if it still works or is done."""
        if self._child.poll() not in (None, 0):
            lines = self._errors.read_text(errors="replace").strip().splitlines()[-20:]
            text = "\n".join(lines)
            raise WorkerError(f"{self.name} ended with status {self._child.returncode}\n{text}")

    def join(self, timeout_s: float) -> None:
        """Wait for its end. WorkerError if it failed or is not done in `timeout_s`."""
        try:
            self._child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise WorkerError(f"{self.name} was not done after {timeout_s:g} s") from None
        self.check()

    def terminate(self) -> None:
        """SIGTERM: ask it to end; `join` then waits until it has."""
        if self._child.poll() is None:
            self._child.terminate()

    def kill(self) -> None:
        """SIGKILL, if it still runs, with all that it has started (such as a JVM)."""
        if self._child.poll() is None:
            kill_family(self._child.pid)
            self._child.wait()


def spawn(target: Callable[..., Any], *args: Any) -> Worker:
    """Run `target(*args)`, both picklable, in a new process; its result is thrown away."""
    own = session()
    name = getattr(target, "__name__", "worker")
    errors = own.folder / f"{name}-{uuid.uuid4().hex[:6]}.err"
    with errors.open("wb") as sink:
        child = subprocess.Popen(
            [sys.executable, "-m", "lab.services.workers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=sink,
            env=own.environment(),
            start_new_session=True,
        )
    assert child.stdin is not None
    with child.stdin as pipe:
        pickle.dump((target, args), pipe)
    return Worker(name, child, errors)


def main() -> None:
    """The child's side."""
    target, args = pickle.load(sys.stdin.buffer)
    target(*args)


if __name__ == "__main__":
    main()
