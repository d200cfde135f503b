"""The second backend: the same servers as compose services (`LAB_SERVICES=compose`).

The program is `docker compose`, or what LAB_COMPOSE names (such as podman-compose). Each run is a project
of its own with free ports, so that two runs do not meet.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from lab import paths
from lab.services.commands import run
from lab.services.ports import free_ports
from lab.services.session import session

FILE = paths.PROJECT / "env" / "compose.yaml"
PORTS = ("POSTGRES_PORT", "KAFKA_1_PORT", "KAFKA_2_PORT", "KAFKA_3_PORT")
_HINT = "Is the container engine running, and are the images built (env/containers build)?"


def chosen() -> bool:
    """True if the environment asks for this backend."""
    return os.environ.get("LAB_SERVICES", "local") == "compose"


@dataclass(frozen=True)
class Project:
    """One run's services. ports: host port by the variable's name in env/compose.yaml."""

    name: str
    ports: Mapping[str, int]
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
    """One compose service, hurt and mended through the engine."""

    name: str
    project: Project

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
        self.project.call("start", self.name)

    def restart(self) -> None:
        self.stop()
        self.start()

    def logs(self, lines: int = 50) -> str:
        done = self.project.call("logs", "--tail", str(lines), self.name)
        return done.stdout + done.stderr

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """An outage: down within the block, up again after it."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """A hang: frozen within the block."""
        self.pause()
        try:
            yield
        finally:
            self.resume()


@contextmanager
def up(services: Sequence[str], variables: Mapping[str, str] | None = None) -> Iterator[Project]:
    """The named services running, as a project that is taken down, with its volumes, after the block."""
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    project = Project(f"lab-{uuid.uuid4().hex[:8]}", ports, dict(variables or {}))
    project.nodes.update({name: Service(name, project) for name in services})
    down = ["down", "--volumes", "--timeout", "0"]
    session().on_end([*project.program(), *down])
    try:
        project.call("up", "--detach", "--no-build", *services)
        yield project
    finally:
        project.call(*down)
