"""Trino: attached by TRINO_URL, or one node that is coordinator and worker, started here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lab import paths
from lab.errors import ServiceError
from lab.services import compose, http, jvm
from lab.services.node import Attached, Node, attached
from lab.services.ports import free_ports
from lab.services.process import Process, running
from lab.services.session import session

if TYPE_CHECKING:
    from trino.dbapi import Connection

VARIABLE = "TRINO_URL"
_INSTALL = "Run: lab setup warehouse_bench"
_JVM = [
    "-server",
    "-XX:+UseG1GC",
    "-XX:G1HeapRegionSize=32M",
    "-XX:+ExplicitGCInvokesConcurrent",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:ReservedCodeCacheSize=256M",
    "-Djdk.attach.allowAttachSelf=true",
    "-Dfile.encoding=UTF-8",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
]

Catalogs = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Trino:
    """A server that answers."""

    url: str
    version: str
    node: Node

    @contextmanager
    def connect(self, catalog: str | None = None, schema: str | None = None) -> Iterator[Connection]:
        """A DB-API connection for the block; `catalog` and `schema` complete names of tables."""
        from trino import dbapi

        address = urlsplit(self.url)
        connection = dbapi.connect(
            host=address.hostname,
            port=address.port,
            user=address.username or "lab",
            catalog=catalog,
            schema=schema,
            http_scheme=address.scheme,
            source="lab",
        )
        try:
            yield connection
        finally:
            connection.close()

    def rows(self, sql: str, catalog: str | None = None, schema: str | None = None) -> list[list[Any]]:
        """All rows of one statement, once it is finished. trino.exceptions.TrinoQueryError if it fails."""
        with self.connect(catalog, schema) as connection:
            return connection.cursor().execute(sql).fetchall()


@contextmanager
def trino(
    catalogs: Catalogs | None = None, memory_mb: int = 2048, settings: Mapping[str, str] | None = None
) -> Iterator[Trino]:
    """Trino for the block.

    catalogs: properties by the catalog's name, such as `lab.services.trinocatalogs` writes. memory_mb: heap.
    settings: more lines of config.properties, they win. An attached server must have catalogs of these names
    already, and keeps its own memory and settings.
    """
    if url := os.environ.get(VARIABLE):
        url = url.rstrip("/")
        found = Trino(url, attached("Trino", VARIABLE, partial(_version, url)), Attached("Trino", VARIABLE))
        _demand(found, catalogs or {})
        yield found
    else:
        (port,) = free_ports(1)
        url = f"http://127.0.0.1:{port}"
        with _own(port, catalogs or {}, memory_mb, settings or {}) as node:
            found = Trino(url, _version(url), node)
            _open(found, node, catalogs or {})
            yield found


def version() -> str:
    """Version of the server that set-up fetched."""
    return _home().name.removeprefix("trino-server-")


def _own(
    port: int, catalogs: Catalogs, memory_mb: int, settings: Mapping[str, str]
) -> AbstractContextManager[Process | compose.Service]:
    folder = session().folder / f"trino-{port}"
    if compose.chosen():
        _write(folder / "etc", _files(port, Path("/data"), catalogs, memory_mb, settings))
        ready = partial(_answers, f"http://127.0.0.1:{port}")
        variables = {"TRINO_PORT": port, "TRINO_ETC": folder / "etc"}
        return compose.one("trino", ready, variables)
    _write(folder / "etc", _files(port, folder, catalogs, memory_mb, settings))
    return running(_local(port, folder))


def _write(folder: Path, files: Mapping[str, list[str]]) -> None:
    for name, lines in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # a catalog's file may hold keys
        path.write_text("".join(f"{line}\n" for line in lines))


def _local(port: int, folder: Path) -> Process:
    home, java = _home(), jvm.newest(24)
    return Process(
        name="Trino",
        command=[str(home / "bin" / "launcher"), "run", "--etc-dir", str(folder / "etc")],
        ready=partial(_answers, f"http://127.0.0.1:{port}"),
        log=folder / "trino.log",
        ports=[port],
        timeout_s=180,
        environment={"JAVA_HOME": str(java), "PATH": f"{java / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        cwd=folder,
        hint=_INSTALL,
    )


def _files(
    port: int, data: Path, catalogs: Catalogs, memory_mb: int, settings: Mapping[str, str]
) -> dict[str, list[str]]:
    """Lines of the server's configuration by the file's name. data: folder of its own, as the server sees it."""
    half = f"{memory_mb // 2}MB"
    config = {
        "coordinator": "true",
        "node-scheduler.include-coordinator": "true",
        "http-server.http.port": str(port),
        "discovery.uri": f"http://127.0.0.1:{port}",
        "query.max-memory": half,
        "query.max-memory-per-node": half,
        "memory.heap-headroom-per-node": f"{memory_mb // 5}MB",
        "catalog.management": "dynamic",  # so that an experiment may say CREATE CATALOG
    }
    node = {
        "node.environment": "lab",
        "node.id": "lab",
        "node.internal-address": "127.0.0.1",
        "node.bind-ip": "127.0.0.1",
        "node.data-dir": str(data / "node"),
    }
    return {
        "config.properties": _lines(config | dict(settings)),
        "node.properties": _lines(node),
        "log.properties": ["=WARN"],
        "jvm.config": [f"-Xmx{memory_mb}m", f"-Djava.io.tmpdir={data}", *_JVM],
    } | {f"catalog/{name}.properties": _lines(found) for name, found in catalogs.items()}


def _lines(properties: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in properties.items()]


def _home() -> Path:
    found = sorted((paths.tools() / "trino").glob("trino-server-*"))
    if not found:
        raise ServiceError(f"Trino is not installed. {_INSTALL}")
    return found[-1]


def _answers(url: str) -> None:
    if http.call("GET", f"{url}/v1/info", timeout_s=2)["starting"]:
        raise ServiceError("Trino is starting")
    # Only a query shows that there is a node to run it on.
    Trino(url, "", Attached("Trino", VARIABLE)).rows("SELECT 1")


def _version(url: str) -> str:
    return http.call("GET", f"{url}/v1/info")["nodeVersion"]["version"]


def _open(server: Trino, node: Process | compose.Service, catalogs: Catalogs) -> None:
    """Trino starts without a catalog that it can't load, and says so in its log only."""
    from trino.exceptions import Error

    for name in catalogs:
        try:
            server.rows(f'SHOW SCHEMAS FROM "{name}"')
        except Error as error:
            said = getattr(error, "message", error)
            raise ServiceError(node.story(f"catalog {name} does not work: {said}")) from None


def _demand(server: Trino, catalogs: Catalogs) -> None:
    there = {name for (name,) in server.rows("SHOW CATALOGS")}
    if missing := sorted(catalogs.keys() - there):
        raise ServiceError(
            f"the Trino at the address in {VARIABLE} has no catalog {', '.join(missing)}; add it there "
            f"(etc/catalog/{missing[0]}.properties), or unset {VARIABLE} to have a server started here"
        )
