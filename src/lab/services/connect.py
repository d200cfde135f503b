"""Kafka Connect with Debezium's PostgreSQL connector: attached by CONNECT_URL, or one distributed worker here."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lab import paths
from lab.errors import ServiceError
from lab.services import compose, http, jvm
from lab.services.node import Attached, Node, attached
from lab.services.ports import free_ports
from lab.services.process import Process, running
from lab.services.session import session

VARIABLE = "CONNECT_URL"
_INSTALL = "Run: lab setup cdc_lakehouse"
_LOG = Path(__file__).with_name("log4j2.properties").as_uri()
_PLUGINS_INSIDE = "/opt/debezium"  # of the container
_REBALANCES_S = 30  # how long a worker may answer "409: the group is rebalancing"

SETTINGS = {
    "group.id": "connect",
    "key.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "key.converter.schemas.enable": "false",
    "value.converter.schemas.enable": "false",
    **{f"{store}.storage.topic": f"connect-{store}" for store in ("config", "offset", "status")},
    **{f"{store}.storage.replication.factor": "1" for store in ("config", "offset", "status")},
    **{f"{store}.storage.partitions": "1" for store in ("offset", "status")},
    "offset.flush.interval.ms": "5000",
    # Reading the plug-ins' own manifests instead of all their classes makes the start eight seconds shorter.
    "plugin.discovery": "service_load",
    "scheduled.rebalance.max.delay.ms": "0",
    "session.timeout.ms": "6000",
    "heartbeat.interval.ms": "2000",
    "exactly.once.source.support": "enabled",
}


@dataclass(frozen=True)
class Connect:
    """A worker that answers.

    Each method raises ServiceError with Connect's own message if it refuses.
    """

    url: str
    version: str
    node: Node

    def put(self, name: str, config: Mapping[str, str]) -> None:
        """Create the connector `name`, or give it another configuration."""
        self._call("PUT", f"/connectors/{name}/config", dict(config))

    def get(self, name: str) -> dict[str, Any]:
        """The connector's configuration and tasks."""
        return self._call("GET", f"/connectors/{name}")

    def status(self, name: str) -> dict[str, Any]:
        """State of the connector and of each of its tasks, with the trace of those that failed."""
        return self._call("GET", f"/connectors/{name}/status")

    def names(self) -> list[str]:
        """Connectors that there are."""
        return self._call("GET", "/connectors")

    def delete(self, name: str) -> None:
        """Stop and forget the connector; its replication slot in PostgreSQL stays until it is dropped there."""
        self._call("DELETE", f"/connectors/{name}")

    def restart(self, name: str) -> None:
        """Restart the connector and those of its tasks that failed."""
        self._call("POST", f"/connectors/{name}/restart?includeTasks=true&onlyFailed=true")

    def failures(self, name: str) -> list[str]:
        """Why the connector or a task of it has failed; empty if none has. Connect never restarts them by itself."""
        return [_reason(state.get("trace", "")) for state in self._states(name) if state["state"] == "FAILED"]

    def await_running(self, name: str, timeout_s: float = 60) -> None:
        """Block until Connect has stated that the connector and a task run; ServiceError with the trace of a failure.

        A worker that has just come back repeats the last state that was stated.
        """
        deadline = time.monotonic() + timeout_s
        while not _runs(states := self._states(name)):
            if reasons := self.failures(name):
                raise ServiceError(f"connector {name} failed: {reasons[0]}")
            if time.monotonic() > deadline:
                raise ServiceError(f"connector {name} does not run after {timeout_s:g} s: {states}")
            time.sleep(0.1)

    def _states(self, name: str) -> list[dict[str, Any]]:
        try:
            found = self.status(name)
        except http.HttpError as error:
            if error.status == 404:  # put, but not yet taken up by the worker
                return []
            raise
        return [found["connector"], *found["tasks"]]

    def _call(self, method: str, path: str, body: object = None) -> Any:
        deadline = time.monotonic() + _REBALANCES_S
        while True:
            try:
                return http.call(method, f"{self.url}{path}", body, timeout_s=30)
            except http.HttpError as error:
                if error.status != 409 or time.monotonic() > deadline:
                    raise
            time.sleep(0.2)


@contextmanager
def connect(
    bootstrap: str, settings: Mapping[str, str] | None = None, heap_mb: int = 256
) -> Iterator[Connect]:
    """Kafka Connect for the block, on the Kafka at `bootstrap`.

    settings: more of the worker's properties, they win. When attached, neither applies: that worker has its
    own Kafka, which must be the experiment's (KAFKA_BOOTSTRAP_SERVERS).
    """
    if url := os.environ.get(VARIABLE):
        url = url.rstrip("/")
        found = attached("Kafka Connect", VARIABLE, partial(_version, url))
        yield Connect(url, found, Attached("Kafka Connect", VARIABLE))
    else:
        (port,) = free_ports(1)
        with _own(port, bootstrap, settings or {}, heap_mb) as node:
            url = f"http://127.0.0.1:{port}"
            yield Connect(url, _version(url), node)


def debezium_version() -> str:
    """Version of the PostgreSQL connector that set-up fetched."""
    return jvm.release(
        "debezium/debezium-connector-postgres", r"debezium-connector-postgres-([\w.]+)\.jar", _INSTALL
    )


def _own(
    port: int, bootstrap: str, settings: Mapping[str, str], heap_mb: int
) -> AbstractContextManager[Node]:
    common = SETTINGS | {"bootstrap.servers": bootstrap, "listeners": f"http://127.0.0.1:{port}"}
    if compose.chosen():
        properties = _properties(port, common | {"plugin.path": _PLUGINS_INSIDE} | dict(settings))
        variables = {"CONNECT_PORT": port, "CONNECT_PROPERTIES": properties, "CONNECT_HEAP_MB": heap_mb}
        return compose.one("connect", partial(_answers, f"http://127.0.0.1:{port}"), variables)
    plugins = {"plugin.path": str(paths.tools() / "debezium")}
    return running(_local(port, bootstrap, common | plugins | dict(settings), heap_mb))


def _properties(port: int, settings: Mapping[str, str]) -> Path:
    """The worker's configuration as a file, in a folder for what it leaves."""
    path = session().folder / f"connect-{port}" / "connect.properties"
    path.parent.mkdir()
    path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    return path


def _local(port: int, bootstrap: str, settings: Mapping[str, str], heap_mb: int) -> Process:
    jvm.release("kafka", r"connect-runtime-([\d.]+)\.jar", _INSTALL)
    debezium_version()
    properties = _properties(port, settings)
    return Process(
        name="Kafka Connect",
        command=jvm.java(
            "kafka",
            "org.apache.kafka.connect.cli.ConnectDistributed",
            str(properties),
            heap_mb=heap_mb,
            options=[f"-Dlog4j2.configurationFile={_LOG}"],
        ),
        ready=partial(_answers, f"http://127.0.0.1:{port}"),
        log=properties.with_suffix(".log"),
        ports=[port],
        timeout_s=120,
        hint=f"Does Kafka answer at {bootstrap}? {_INSTALL}",
    )


def _answers(url: str) -> None:
    """Its own word that it has read its topics and joined its group; the list of connectors it gives before that."""
    http.call("GET", f"{url}/health", timeout_s=2)


def _version(url: str) -> str:
    return http.call("GET", f"{url}/", timeout_s=5)["version"]


def _runs(states: list[dict[str, Any]]) -> bool:
    return len(states) > 1 and all(state["state"] == "RUNNING" for state in states)


def _reason(trace: str) -> str:
    """The messages of a Java trace without its frames, the innermost last."""
    return "; ".join(line.strip() for line in trace.splitlines() if line and not line.startswith("\tat "))
