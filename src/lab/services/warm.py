"""A program of another Python environment as one warm process: its start takes longer than most of its work.

The program is a script that reads a request a line from its input, in JSON, and answers each by a line.
"""

from __future__ import annotations

import json
import select
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import environments
from lab.errors import ServiceError
from lab.services.process import kill_family, last_lines
from lab.services.session import session


@dataclass(frozen=True)
class Warm:
    """The warm process; one request at a time."""

    name: str
    log: Path
    _child: subprocess.Popen[bytes]

    def ask(self, request: Mapping[str, object], timeout_s: float) -> Any:
        """The answer. ServiceError if the process has ended, or takes longer than `timeout_s`, after which it is gone."""
        assert self._child.stdin is not None and self._child.stdout is not None
        try:
            self._child.stdin.write(json.dumps(request).encode() + b"\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            raise ServiceError(f"{self.name}'s process has ended.\n{last_lines(self.log)}") from None
        if not select.select([self._child.stdout], [], [], timeout_s)[0]:
            self.kill()
            raise ServiceError(f"{self.name} took longer than {timeout_s:g} s.\n{last_lines(self.log)}")
        if not (line := self._child.stdout.readline()):
            raise ServiceError(f"{self.name}'s process ended at work.\n{last_lines(self.log)}")
        return json.loads(line)

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        if self._child.poll() is None:
            kill_family(self._child.pid)
            self._child.wait()


@contextmanager
def warm(
    name: str, environment: str, script: Path, variables: Mapping[str, str] | None = None
) -> Iterator[Warm]:
    """`script` in the Python environment `environment` for the block. ServiceError if that is not set up."""
    python = environments.program(environment, "python")
    log = session().folder / f"{name}-{uuid.uuid4().hex[:6]}.log"
    with log.open("wb") as sink:
        child = subprocess.Popen(
            # -P: the folder of the script holds modules that are called like those of the standard library.
            [str(python), "-P", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sink,
            env=session().environment(environments.variables(environment) | dict(variables or {})),
            start_new_session=True,
        )
    process = Warm(name, log, child)
    try:
        yield process
    finally:
        process.kill()
        assert child.stdin is not None and child.stdout is not None
        with suppress(BrokenPipeError):
            child.stdin.close()
        child.stdout.close()
