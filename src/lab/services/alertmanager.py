"""Alertmanager: attached by ALERTMANAGER_URL, or started alone, without a cluster; and `amtool`, which checks it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml

from lab.errors import ServiceError
from lab.services import commands, compose, http
from lab.services.node import Attached, Node, attached
from lab.services.ports import free_ports
from lab.services.process import Process, running
from lab.services.session import session

VARIABLE = "ALERTMANAGER_URL"
_INSTALL = "On Debian: apt-get install prometheus-alertmanager"


@dataclass(frozen=True)
class Alertmanager:
    """A server that answers. url: without a slash at its end. address: host:port, as Prometheus is told of it."""

    url: str
    version: str
    node: Node

    @property
    def address(self) -> str:
        return self.url.partition("://")[2]

    def alerts(self) -> list[dict[str, Any]]:
        """Alerts that are active, with `labels`, `annotations`, `startsAt` and `status`."""
        return http.call("GET", f"{self.url}/api/v2/alerts")


@contextmanager
def alertmanager(configuration: Mapping[str, Any]) -> Iterator[Alertmanager]:
    """A server for the block. configuration: as alertmanager.yml has it; it does not apply when attached."""
    if url := os.environ.get(VARIABLE):
        url = url.rstrip("/")
        version = attached("Alertmanager", VARIABLE, partial(_version, url))
        yield Alertmanager(url, version, Attached("Alertmanager", VARIABLE))
        return
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    folder = session().folder / f"alertmanager-{port}"
    folder.mkdir()
    file = folder / "alertmanager.yml"
    file.write_text(yaml.safe_dump(dict(configuration)))
    arguments = [
        f"--config.file={file}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with _own(port, url, arguments) as node:
        yield Alertmanager(url, _version(url), node)


def _own(port: int, url: str, arguments: list[str]) -> AbstractContextManager[Node]:
    ready = partial(_version, url)
    if compose.chosen():
        variables = {"ALERTMANAGER_PORT": port, "ALERTMANAGER_ARGUMENTS": " ".join(arguments)}
        return compose.one("alertmanager", ready, variables)
    return running(
        Process(
            name="Alertmanager",
            command=[_program("prometheus-alertmanager", "alertmanager"), *arguments],
            ready=ready,
            log=session().folder / f"alertmanager-{port}.log",
            ports=[port],
            hint=_INSTALL,
        )
    )


def amtool(*arguments: str) -> str:
    """What `amtool ARGUMENTS` says; ServiceError with its last lines if it finds a fault."""
    return commands.run([_program("amtool"), *arguments], f"amtool {arguments[0]}", hint=_INSTALL).stdout


def _program(*names: str) -> str:
    for name in names:
        if found := shutil.which(name):
            return found
    raise ServiceError(f"{names[-1]} is not installed. {_INSTALL}")


def _version(url: str) -> str:
    said = http.call("GET", f"{url}/api/v2/status", timeout_s=2)
    return str(said["versionInfo"]["version"])
