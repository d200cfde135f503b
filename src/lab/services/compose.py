"""The second backend: the same servers as compose services (`LAB_SERVICES=compose`).

The program is `docker compose`, or what LAB_COMPOSE names (such as podman-compose). Each run is a project
of its own with free ports, so that two runs do not meet.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from lab import paths
from lab.errors import ServiceError
from lab.services.commands import run
from lab.services.ports import free_ports
from lab.services.session import session
from lab.services.waiting import Ready, until

FILE = paths.PROJECT / "env" / "compose.yaml"
PORTS = ("POSTGRES_PORT", "KAFKA_1_PORT", "KAFKA_2_PORT", "KAFKA_3_PORT")
Ports = Mapping[str, int]  # host port by the variable's name in env/compose.yaml
_READY_S = 90
_HINT = "Is the container engine running, and are the images built (env/containers build)?"


def chosen() -> bool:
    """True if the environment asks for this backend."""
    return os.environ.get("LAB_SERVICES", "local") == "compose"


@dataclass(frozen=True)
class Project:
    """One run's services."""

    name: str
    ports: Ports
    variables: Mapping[str, str] = field(default_factory=dict)
    nodes: dict[str, Service] = field(default_factory=dict)

    def call(self, *arguments: str, timeout_s: float = 300) -> subprocess.CompletedProcess[str]:
        """`docker compose ARGUMENTS` on this project; ServiceError if it fails."""
        ports = {name: str(port) for name, port in self.ports.items()}
        command = [*self.program(), *arguments]
        what = f"compose {arguments[0]}"
        return run(command, what, timeout_s, ports | dict(self.variables), _HINT)

    def program(self) -> list[str]:
        return [
            *shlex.split(os.environ.get("LAB_COMPOSE", "docker compose")),
            *("-p", self.name, "-f", str(FILE)),
        ]


@dataclass(frozen=True)
class Service:
    """One compose service, hurt and mended through the engine. ready: see `waiting.until`."""

    name: str
    project: Project
    ready: Ready

    def kill(self) -> None:
        """SIGKILL."""
        self.project.call("kill", self.name)

    def pause(self) -> None:
        """Freeze all its processes."""
        self.project.call("pause", self.name)

    def resume(self) -> None:
        self.project.call("unpause", self.name)

    def stop(self) -> None:
        self.project.call("stop", self.name)

    def start(self) -> None:
        """Start and block until ready."""
        self.project.call("start", self.name)
        self.await_ready()

    def await_ready(self) -> None:
        """Block until it answers; ServiceError with its last lines if it does not."""
        try:
            until(self.ready, self.name, _READY_S)
        except ServiceError as error:
            raise ServiceError(f"{error}. {_HINT}\nLast lines of its log:\n{self.logs(15)}") from None

    def restart(self) -> None:
        self.stop()
        self.start()

    def logs(self, lines: int = 50) -> str:
        done = self.project.call("logs", "--tail", str(lines), self.name)
        return done.stdout + done.stderr


@contextmanager
def up(
    services: Mapping[str, Callable[[Ports], object]], variables: Mapping[str, str] | None = None
) -> Iterator[Project]:
    """The named services answering, as a project that is taken down, with its volumes, after the block.

    services: by name, a request that succeeds once the service is ready; it is given the project's ports.
    """
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    project = Project(f"lab-{uuid.uuid4().hex[:8]}", ports, dict(variables or {}))
    project.nodes.update(
        {name: Service(name, project, partial(ready, ports)) for name, ready in services.items()}
    )
    down = ["down", "--volumes", "--timeout", "0"]
    session().on_end([*project.program(), *down])
    try:
        project.call("up", "--detach", "--no-build", *services)
        for node in project.nodes.values():
            node.await_ready()
        yield project
    finally:
        project.call(*down)
