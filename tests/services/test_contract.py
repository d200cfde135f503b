"""What all services have in common: loopback only, nothing left behind, one sentence when the program is missing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psutil
import pytest

import holding
from lab import paths
from lab.errors import ServiceError
from lab.services import alertmanager, objectstore, pgbouncer, postgres, prometheus, redis, webapp
from lab.services.reaper import marked
from lab.services.session import CLEAN_UP
from lab.services.workers import Worker, spawn
from listening import listened

_SLOW_STARTS = dict.fromkeys(("airflow", "connect", "trino", "sparkcluster", "spark"), pytest.mark.drill)
LOOPBACK = {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
VARIABLES = (
    *("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "CONNECT_URL", "S3_ENDPOINT_URL", "ICEBERG_REST_URI"),
    *("TRINO_URL", "SPARK_MASTER_URL", "TOXIPROXY_URL", "SCHEMA_REGISTRY_URL", "PGBOUNCER_URL"),
    *("REDIS_URL", "PROMETHEUS_URL", "ALERTMANAGER_URL", "AIRFLOW_URL", "AIRFLOW_DATABASE_URL"),
)


@pytest.fixture(autouse=True)
def _not_attached(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@dataclass(frozen=True)
class Caller:
    """A process that has started a service and holds it."""

    worker: Worker
    owner: str
    folder: Path

    def sigkill(self) -> None:
        """Kill it alone: what it started must go by other means."""
        os.kill(self.worker.pid, signal.SIGKILL)


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Caller]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(holding.__file__).parent), *sys.path]))

    def start(name: str) -> Caller:
        told = tmp_path / "told"
        worker = spawn(holding.hold, name, told)
        while not told.exists():
            worker.check()
            time.sleep(0.05)
        owner, folder = told.read_text().splitlines()
        return Caller(worker, owner, Path(folder))

    return start


def _await_gone(left: Callable[[], object], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while (found := left()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not found


@pytest.mark.service
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=_SLOW_STARTS.get(name, ())) for name in holding.SERVICES]
)
def test_only_loopback_is_open_and_nothing_outlives_a_killed_caller(
    name: str, call: Callable[[str], Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAB_SERVICES", raising=False)
    caller = call(name)
    found = listened(marked(caller.owner))
    assert found
    assert found <= LOOPBACK
    caller.sigkill()
    _await_gone(lambda: marked(caller.owner) or caller.folder.exists())


@pytest.mark.engine
@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", holding.SERVERS)
def test_containers_open_loopback_only_and_do_not_outlive_a_killed_caller(
    name: str, call: Callable[[str], Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_SERVICES", "compose")
    before = _open_to_all()
    caller = call(name)
    assert _open_to_all() <= before
    projects = [json.loads(line)[:-4] for line in (caller.folder / CLEAN_UP).read_text().splitlines()]
    assert all(_containers(project) for project in projects)
    caller.sigkill()
    _await_gone(caller.folder.exists, timeout_s=120)
    assert not any(_containers(project) for project in projects)


def _open_to_all() -> set[int]:
    """Ports on which something listens that is not only loopback; containers use the host's network."""
    return {
        connection.laddr.port
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.ip not in LOOPBACK
    }


def _containers(project: list[str]) -> list[str]:
    """Containers of a project, given as the command line that addresses it."""
    done = subprocess.run([*project, "ps", "--quiet"], capture_output=True, text=True, check=True)
    return done.stdout.split()


def _no_version(name: str) -> str:
    raise metadata.PackageNotFoundError(name)


def _without_program(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "tools", lambda: folder)
    if name == "postgres":
        monkeypatch.setattr(postgres.Path, "glob", lambda *_: iter(()))
        monkeypatch.setattr(postgres.shutil, "which", lambda _: None)
    if name == "pgbouncer":
        monkeypatch.setattr(pgbouncer.shutil, "which", lambda *_, **__: None)
    if name in ("redis", "prometheus", "alertmanager"):
        module = {"redis": redis, "prometheus": prometheus, "alertmanager": alertmanager}[name]
        monkeypatch.setattr(module.shutil, "which", lambda *_, **__: None)
    if name == "objectstore":
        monkeypatch.setattr(objectstore.metadata, "version", _no_version)
    if name == "webapp":
        monkeypatch.setattr(webapp.metadata, "version", _no_version)
    if name in ("spark", "sparkcluster"):
        monkeypatch.setitem(sys.modules, "pyspark", None)


@pytest.mark.parametrize("name", sorted(holding.SERVICES.keys() - {"countingproxy", "receiver"}))
def test_a_missing_program_is_one_sentence_that_says_what_to_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAB_SERVICES", raising=False)
    _without_program(name, tmp_path, monkeypatch)
    with pytest.raises(ServiceError) as caught, holding.SERVICES[name]():
        pass
    said = str(caught.value)
    assert "\n" not in said
    assert "Run: lab setup" in said or "apt-get install" in said
