"""Schema registry: attached by SCHEMA_REGISTRY_URL, or Apicurio Registry started here with its store in memory.

Asked by Confluent's REST interface, which Apicurio serves under a path of its own; so an attached registry may be
Confluent's, Karapace or another Apicurio.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from lab import paths
from lab.errors import ServiceError
from lab.services import compose, http, jvm
from lab.services.node import Attached, Node, attached
from lab.services.ports import free_ports
from lab.services.process import Process, running
from lab.services.session import session

VARIABLE = "SCHEMA_REGISTRY_URL"
_INSTALL = "Run: lab setup schema_evolution"
_CONFLUENT = "/apis/ccompat/v7"  # where Apicurio serves Confluent's interface
_LOWEST_JAVA = 21


@dataclass(frozen=True)
class Verdict:
    """What the registry says of a schema; messages: its reasons, where it gives any."""

    compatible: bool
    messages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Registry:
    """The registry's interface at `url`, without a slash at its end. Each method raises ServiceError with its words."""

    url: str

    def register(self, subject: str, schema: Mapping[str, Any]) -> int:
        """Id of `schema` as the newest version of `subject`. HttpError with status 409 if its level forbids it."""
        return int(self._call("POST", f"/subjects/{quote(subject, safe='')}/versions", _body(schema))["id"])

    def schema(self, identity: int) -> dict[str, Any]:
        """The schema with this id. HttpError with status 404 if there is none."""
        return json.loads(self._call("GET", f"/schemas/ids/{identity}")["schema"])

    def compatible(self, subject: str, schema: Mapping[str, Any]) -> Verdict:
        """Whether `schema` may follow the versions of `subject` at the subject's level."""
        path = f"/compatibility/subjects/{quote(subject, safe='')}/versions?verbose=true"
        found = self._call("POST", path, _body(schema))
        return Verdict(bool(found["is_compatible"]), tuple(found.get("messages") or ()))

    def set_level(self, level: str, subject: str = "") -> None:
        """The compatibility level (NONE, BACKWARD, ...) of one subject, or of all that have none of their own."""
        self._call("PUT", f"/config/{quote(subject, safe='')}".rstrip("/"), {"compatibility": level})

    def _call(self, method: str, path: str, body: object = None) -> Any:
        return http.call(method, f"{self.url}{path}", body, timeout_s=20)


@dataclass(frozen=True)
class SchemaRegistry:
    """A registry that answers."""

    registry: Registry
    version: str
    node: Node


@contextmanager
def schema_registry(heap_mb: int = 256) -> Iterator[SchemaRegistry]:
    """A schema registry for the block. heap_mb: does not apply to an attached one."""
    if url := os.environ.get(VARIABLE):
        found = Registry(url.rstrip("/"))
        attached("schema registry", VARIABLE, partial(_answers, found))
        yield SchemaRegistry(found, "attached, version unknown", Attached("schema registry", VARIABLE))
    else:
        port, management = free_ports(2)
        found = Registry(f"http://127.0.0.1:{port}{_CONFLUENT}")
        with _own(found, port, management, heap_mb) as node:
            yield SchemaRegistry(found, f"Apicurio {version()}", node)


def version() -> str:
    """Version of the registry that set-up fetched."""
    return jvm.release("apicurio/app", r"apicurio-registry-app-([\d.]+)\.jar", _INSTALL)


def _own(found: Registry, port: int, management: int, heap_mb: int) -> AbstractContextManager[Node]:
    ready = partial(_answers, found)
    if compose.chosen():
        variables = {
            "REGISTRY_PORT": port,
            "REGISTRY_MANAGEMENT_PORT": management,
            "REGISTRY_HEAP_MB": heap_mb,
        }
        return compose.one("schemaregistry", ready, variables)
    version()
    return running(
        Process(
            name="Apicurio Registry",
            command=_command(port, management, heap_mb),
            ready=ready,
            log=session().folder / f"schemaregistry-{port}.log",
            ports=[port, management],
            timeout_s=120,
            hint=_INSTALL,
        )
    )


def _command(port: int, management: int, heap_mb: int) -> list[str]:
    return [
        str(jvm.newest(_LOWEST_JAVA) / "bin" / "java"),
        f"-Xmx{heap_mb}m",
        f"-Djava.io.tmpdir={session().folder}",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",  # it lives for a minute and answers small requests
        "-Djava.awt.headless=true",
        "-Dquarkus.http.host=127.0.0.1",
        f"-Dquarkus.http.port={port}",
        "-Dquarkus.management.host=127.0.0.1",
        f"-Dquarkus.management.port={management}",
        *("-jar", str(paths.tools() / "apicurio" / "quarkus-run.jar")),
    ]


def _body(schema: Mapping[str, Any]) -> dict[str, str]:
    return {"schema": json.dumps(schema), "schemaType": "AVRO"}


def _answers(found: Registry) -> None:
    """Ask for the subjects that there are, which asks its store too."""
    if not isinstance(http.call("GET", f"{found.url}/subjects", timeout_s=5), list):
        raise ServiceError(f"no schema registry at {found.url}")
