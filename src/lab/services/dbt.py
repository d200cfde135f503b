"""dbt as one warm process: its start takes longer than most builds, so many invocations share it.

dbt has a Python environment of its own (`lab.environments`). `dbtchild` runs there and calls dbt's own `dbtRunner`, which
is what the command `dbt` calls too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab import environments
from lab.services import dbtchild
from lab.services.warm import Warm, warm

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

    _process: Warm

    @property
    def log(self) -> Path:
        return self._process.log

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
        told = self._process.ask(asked, timeout_s)
        nodes = tuple(Node(**node) for node in told["nodes"])
        return Told(told["success"], told["error"], nodes, tuple(told["lines"]), told["seconds"])

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        self._process.kill()


@contextmanager
def dbt() -> Iterator[Dbt]:
    """A warm dbt for the block. ServiceError if its environment is not set up."""
    with warm("dbt", ENVIRONMENT, Path(dbtchild.__file__), _QUIET) as process:
        yield Dbt(process)


def version(distribution: str = "dbt-core") -> str:
    """Version of dbt, or of one of its adapters. ServiceError if its environment is not set up."""
    return environments.version(ENVIRONMENT, distribution)
