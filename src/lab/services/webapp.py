"""A web application under test (ASGI), served by uvicorn in a process of its own.

The application is the experiment's, so there is nothing to attach to, and it always runs here. Other servers that it
uses may run anywhere: it is told of them by its environment.
"""

from __future__ import annotations

import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path

from lab.errors import ServiceError
from lab.services.node import Node
from lab.services.ports import free_ports
from lab.services.process import Process, running
from lab.services.session import session

# Clients keep their connections; a server that closes idle ones would be measured for that too.
_KEEP_ALIVE_S = 600
_OPTIONS = ("--host", "127.0.0.1", "--log-level", "warning", "--no-access-log")


@dataclass(frozen=True)
class WebApp:
    """An application that answers. url: without a slash at its end. version: of uvicorn."""

    url: str
    version: str
    node: Node


@contextmanager
def web_app(
    application: str,
    folder: Path | None = None,
    ready: str = "/",
    environment: Mapping[str, str] | None = None,
    timeout_s: float = 30,
) -> Iterator[WebApp]:
    """`application` ("package.module:name") served for the block.

    folder: where its module is found, if it is no part of what is installed. ready: the path that answers with a
    status below 400 once the application can be used. environment: what it is told, beside ours.
    ServiceError with the end of its log if it does not come up in `timeout_s`.
    """
    version = _version()
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    process = Process(
        name=application,
        command=[*_command(application, port), *(("--app-dir", str(folder)) if folder else ())],
        ready=partial(_answers, f"{url}{ready}"),
        log=session().folder / f"webapp-{port}.log",
        ports=[port],
        timeout_s=timeout_s,
        environment=environment or {},
    )
    with running(process):
        yield WebApp(url, version, process)


def _command(application: str, port: int) -> list[str]:
    keep = ("--timeout-keep-alive", str(_KEEP_ALIVE_S), "--timeout-graceful-shutdown", "5")
    return [sys.executable, "-m", "uvicorn", application, "--port", str(port), *_OPTIONS, *keep]


def _answers(url: str) -> None:
    """One request; an error unless it is answered with a status below 400."""
    urllib.request.urlopen(url, timeout=2).close()


def _version() -> str:
    try:
        return metadata.version("uvicorn")
    except metadata.PackageNotFoundError:
        raise ServiceError("uvicorn is not installed. Run: lab setup --tests") from None
