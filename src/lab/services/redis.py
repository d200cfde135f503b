"""Redis: attached by REDIS_URL, or started on a free loopback port. What it holds is gone when it is killed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lab import lazy
from lab.errors import ServiceError
from lab.services import compose
from lab.services.node import Attached, Node, attached
from lab.services.ports import free_ports
from lab.services.process import Process, running
from lab.services.session import session

client: Any = lazy.module("redis")

VARIABLE = "REDIS_URL"
# A cache or a copy of what is kept elsewhere: nothing is written to a disk. Full memory is an error, no silent loss.
SETTINGS = {"save": "", "appendonly": "no", "maxmemory": "1gb", "maxmemory-policy": "noeviction"}
_INSTALL = "On Debian: apt-get install redis-server"


@dataclass(frozen=True)
class Redis:
    """A server that answers. url: redis://host:port/database. version: as it says itself."""

    url: str
    version: str
    node: Node


@contextmanager
def redis(settings: Mapping[str, str] | None = None) -> Iterator[Redis]:
    """A server for the block. settings: lines of redis.conf beside `SETTINGS`; they do not apply when attached."""
    if url := os.environ.get(VARIABLE):
        yield Redis(url, attached("Redis", VARIABLE, partial(_version, url)), Attached("Redis", VARIABLE))
    else:
        (port,) = free_ports(1)
        url = f"redis://127.0.0.1:{port}/0"
        with _own(port, url, SETTINGS | dict(settings or {})) as node:
            yield Redis(url, _version(url), node)


def _own(port: int, url: str, settings: Mapping[str, str]) -> AbstractContextManager[Node]:
    ready = partial(_version, url)
    if compose.chosen():
        file = _configuration(port, settings)
        return compose.one("redis", ready, {"REDIS_PORT": port, "REDIS_FILE": file})
    program = shutil.which("redis-server")
    if program is None:
        raise ServiceError(f"Redis is not installed. {_INSTALL}")
    file = _configuration(port, settings)
    return running(
        Process(
            name="Redis",
            command=[program, str(file)],
            ready=ready,
            log=file.with_suffix(".log"),
            ports=[port],
            hint=_INSTALL,
        )
    )


def _configuration(port: int, settings: Mapping[str, str]) -> Path:
    folder = session().folder / f"redis-{port}"
    folder.mkdir()
    # A title of its own would be written over its environment, by which the reaper knows it.
    own = {"bind": "127.0.0.1", "port": str(port), "dir": str(folder), "set-proc-title": "no"}
    file = folder / "redis.conf"
    file.write_text("".join(f'{name} "{value}"\n' for name, value in (own | dict(settings)).items()))
    return file


def _version(url: str) -> str:
    with client.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as connection:
        return str(connection.info("server")["redis_version"])
