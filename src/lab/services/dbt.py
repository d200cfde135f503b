"""dbt as one warm process: its start takes longer than most builds, so many invocations share it.

dbt has a Python environment of its own (`lab.environments`). `dbtchild` runs there and calls dbt's own `dbtRunner`, which
is what the command `dbt` calls too.
"""

from __future__ import annotations

import json
import select
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lab import environments
from lab.errors import ServiceError
from lab.services import dbtchild
from lab.services.process import kill_family, last_lines
from lab.services.session import session

ENVIRONMENT = "dbt"
# Nothing is sent anywhere, and no terminal is there to colour.
_QUIET = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_USE_COLORS": "false", "DBT_LOG_LEVEL_FILE": "none"}


@dataclass(frozen=True)
class Node:
    """What became of one node of a project.

    kind: model, test, unit_test, ...; status: as dbt says it (success, pass, fail, error, skipped, warn); rule: name of the
    generic test that a test is of.
    """

    id: str
    kind: str
    name: str
    status: str
    message: str
    rule: str
    seconds: float


@dataclass(frozen=True)
class Told:
    """What one invocation came to. error: of dbt itself, such as a project that it can't parse; lines: those of `dbt ls`."""

    success: bool
    error: str
    nodes: tuple[Node, ...]
    lines: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Dbt:
    """The warm process; one invocation at a time."""

    log: Path
    _child: subprocess.Popen[bytes]

    def invoke(
        self,
        command: Sequence[str],
        project: Path,
        variables: Mapping[str, object] | None = None,
        environment: Mapping[str, str] | None = None,
        parse_once: bool = True,
        timeout_s: float = 300,
    ) -> Told:
        """`dbt COMMAND` in the folder `project`, which holds its profiles too.

        variables: those of `--vars`. environment: for `env_var`; what was set stays for later invocations. parse_once: keep
        what was parsed for the same project and variables; False after a change of its files.
        ServiceError if the process has ended, or takes longer than `timeout_s`, after which it is gone.
        """
        options = ["--project-dir", str(project), "--profiles-dir", str(project)]
        if variables:
            options += ["--vars", json.dumps(variables)]
        asked = {
            "command": list(command),
            "options": options,
            "environment": dict(environment or {}),
            "parse_once": parse_once,
        }
        told = json.loads(self._answer(json.dumps(asked).encode() + b"\n", timeout_s))
        nodes = tuple(Node(**node) for node in told["nodes"])
        return Told(told["success"], told["error"], nodes, tuple(told["lines"]), told["seconds"])

    def _answer(self, request: bytes, timeout_s: float) -> bytes:
        assert self._child.stdin is not None and self._child.stdout is not None
        try:
            self._child.stdin.write(request)
            self._child.stdin.flush()
        except BrokenPipeError:
            raise ServiceError(f"dbt's process has ended.\n{last_lines(self.log)}") from None
        if not select.select([self._child.stdout], [], [], timeout_s)[0]:
            self.kill()
            raise ServiceError(f"dbt took longer than {timeout_s:g} s.\n{last_lines(self.log)}")
        if not (line := self._child.stdout.readline()):
            raise ServiceError(f"dbt's process ended at work.\n{last_lines(self.log)}")
        return line

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        if self._child.poll() is None:
            kill_family(self._child.pid)
            self._child.wait()


@contextmanager
def dbt() -> Iterator[Dbt]:
    """A warm dbt for the block. ServiceError if its environment is not set up."""
    python = environments.program(ENVIRONMENT, "python")
    log = session().folder / f"dbt-{uuid.uuid4().hex[:6]}.log"
    with log.open("wb") as sink:
        child = subprocess.Popen(
            # -P: the folder of the script holds modules that are called like those of the standard library.
            [str(python), "-P", dbtchild.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sink,
            env=session().environment(environments.variables(ENVIRONMENT) | _QUIET),
            start_new_session=True,
        )
    warm = Dbt(log, child)
    try:
        yield warm
    finally:
        warm.kill()
        assert child.stdin is not None and child.stdout is not None
        with suppress(BrokenPipeError):
            child.stdin.close()
        child.stdout.close()


def version(distribution: str = "dbt-core") -> str:
    """Version of dbt, or of one of its adapters. ServiceError if its environment is not set up."""
    return environments.version(ENVIRONMENT, distribution)
