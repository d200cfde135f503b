"""The second backend: the same servers as compose services (`LAB_SERVICES=compose`).

The program is `docker compose`, or what LAB_COMPOSE names (such as podman-compose). Each call of `up` makes a
project of its own on free ports of the host's network, so that two do not meet, and yet each server has the one
address by which clients and other servers reach it.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from lab import paths
from lab.errors import ServiceError
from lab.services.commands import run
from lab.services.session import session
from lab.services.waiting import Ready, until

FILE = paths.PROJECT / "env" / "compose.yaml"
_READY_S = 90
_COPIED_S = 300
_HINT = "Is the container engine running, and are the images built (env/containers build)?"


def chosen() -> bool:
    """True if the environment asks for this backend."""
    return os.environ.get("LAB_SERVICES", "local") == "compose"


@dataclass(frozen=True)
class Project:
    """Services of one call of `up`. variables: those of env/compose.yaml."""

    name: str
    variables: Mapping[str, str]
    nodes: dict[str, Service] = field(default_factory=dict)

    def call(self, *arguments: str, timeout_s: float = 300) -> subprocess.CompletedProcess[str]:
        """`docker compose ARGUMENTS` on this project; ServiceError if it fails."""
        command = [*self.program(), *arguments]
        return run(command, f"compose {arguments[0]}", timeout_s, self.variables, _HINT)

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
        """Let them go on, and block until ready."""
        self.project.call("unpause", self.name)
        self.await_ready()

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
            raise ServiceError(self.story(str(error))) from None

    def story(self, what: str) -> str:
        """`what` happened to it, what to do, and the last lines of its log."""
        return f"{what}. {_HINT}\nLast lines of its log:\n{self.logs(15)}"

    def restart(self) -> None:
        self.stop()
        self.start()

    def logs(self, lines: int = 50) -> str:
        done = self.project.call("logs", "--tail", str(lines), self.name)
        return done.stdout + done.stderr

    def copy(self, inside: str, folder: Path) -> None:
        """Have in the new `folder` what its own folder `inside` holds now, and its log, as files of ours."""
        folder.mkdir()
        # Status 1 of tar: a file changed while it was read, for the server goes on working.
        pack = f"tar -C {shlex.quote(inside)} -cf - . || [ $? -eq 1 ]"
        unpack = ["tar", "-C", str(folder), "--no-same-owner", "-xf", "-"]
        logged = shlex.join([*self.project.program(), "logs", self.name]) + " 2>&1"
        with tempfile.TemporaryFile() as packed, (folder / "server.log").open("wb") as log:
            self._done([*self.project.program(), "exec", "-T", self.name, "sh", "-c", pack], None, packed)
            packed.seek(0)
            self._done(unpack, packed, subprocess.DEVNULL)
            self._done(["sh", "-c", logged], None, log)

    def _done(self, command: list[str], given: IO[bytes] | None, taken: IO[bytes] | int) -> None:
        """A step of a copy, its bytes as they are; ServiceError if it fails."""
        environment = session().environment(self.project.variables)
        try:
            subprocess.run(
                command,
                stdin=given or subprocess.DEVNULL,
                stdout=taken,
                stderr=subprocess.PIPE,
                env=environment,
                timeout=_COPIED_S,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode(errors="replace").strip()
            raise ServiceError(self.story(f"the files of {self.name} could not be copied ({said})")) from None
        except subprocess.TimeoutExpired:
            raise ServiceError(
                f"the files of {self.name} could not be copied within {_COPIED_S} s. {_HINT}"
            ) from None


@contextmanager
def up(services: Mapping[str, Ready], variables: Mapping[str, object]) -> Iterator[Project]:
    """The named services answering, as a project that is taken down, with its volumes, after the block.

    services: by name, a request that succeeds once the service is ready. variables: of env/compose.yaml, such as
    ports; the run's folder is there for its containers at the same path, for the same user.
    """
    own = {"LAB_FOLDER": session().folder, "LAB_USER": f"{os.getuid()}:{os.getgid()}"}
    texts = {name: str(value) for name, value in (own | dict(variables)).items()}
    project = Project(f"lab-{uuid.uuid4().hex[:8]}", texts)
    project.nodes.update({name: Service(name, project, ready) for name, ready in services.items()})
    down = ["down", "--volumes", "--timeout", "0"]
    session().on_end([*project.program(), *down])
    try:
        project.call("up", "--detach", "--no-build", *services)
        for node in project.nodes.values():
            node.await_ready()
        yield project
    finally:
        project.call(*down)


@contextmanager
def one(name: str, ready: Ready, variables: Mapping[str, object]) -> Iterator[Service]:
    """`up` for a single service."""
    with up({name: ready}, variables) as project:
        yield project.nodes[name]
