"""Nothing that a run starts outlives the run, however it ends.

Every child carries an owner's mark in its environment. A reaper, a small process of its own, holds one
end of a pipe whose other end only this process holds; when this process ends, by whatever signal, the
kernel closes the pipe, and the reaper kills what carries the mark and removes the run's folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MARK = "LAB_OWNER"
CLEAN_UP = "clean-up.jsonl"


@dataclass(frozen=True)
class Session:
    """What one process owns. folder: for data and logs of its services; gone when the process is."""

    owner: str
    folder: Path

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a child: ours, marked."""
        return os.environ | {MARK: self.owner} | dict(extra or {})

    def on_end(self, command: Sequence[str]) -> None:
        """Have `command` run when this process has ended (to take down what is not a child)."""
        with (self.folder / CLEAN_UP).open("a") as file:
            file.write(json.dumps(list(command)) + "\n")


def session() -> Session:
    """This process's session; begun, with its reaper, when it is first asked for."""
    # Keyed by process, so that a fork does not mistake its parent's session for its own.
    return _begin(os.getpid())


@cache
def _begin(pid: int) -> Session:
    folder = Path(tempfile.mkdtemp(prefix="lab-run-"))
    folder.chmod(0o711)  # servers that refuse root run as another user and must reach their own folder
    # A run inside a run carries both marks, so that the end of the outer one ends the inner one too.
    owner = ":".join(part for part in (os.environ.get(MARK), uuid.uuid4().hex) if part)
    reading, writing = os.pipe()  # not inheritable: no child can keep the pipe open
    subprocess.Popen(
        [sys.executable, "-m", "lab.services.reaper", owner, str(folder)],
        stdin=reading,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name != MARK},
        start_new_session=True,  # Ctrl-C in the terminal must not reach the reaper
    )
    os.close(reading)
    _pipes.append(writing)
    return Session(owner, folder)


_pipes: list[int] = []
