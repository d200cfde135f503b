"""Apache Airflow: attached by AIRFLOW_URL, or its API server, scheduler and DAG processor started here, LocalExecutor.

It has a Python environment of its own (`lab.environments`) and its metadata on a PostgreSQL of its own, so that a
database which an experiment hurts never takes the tasks' heartbeats with it.
"""

from __future__ import annotations

import os
import secrets
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import environments
from lab.errors import ServiceError
from lab.services import http
from lab.services.commands import run
from lab.services.node import Attached, Node, attached
from lab.services.ports import free_ports
from lab.services.postgres import postgres
from lab.services.process import Process
from lab.services.session import session

VARIABLE, TOKEN = "AIRFLOW_URL", "AIRFLOW_TOKEN"
ENVIRONMENT = "airflow"
_INSTALL = "Run: lab setup --tests"
_START_S = 150
# To compile its queries, which join many tables of few rows, takes PostgreSQL far longer than to run them.
_METADATA = {"shared_buffers": "64MB", "max_connections": "100", "synchronous_commit": "off", "jit": "off"}
_AGAIN_S = (
    1.0,
    2.0,
    4.0,
)  # pauses after a server error, such as a statement that its database gave up under load
_TAKEN = 409
_HEALTHY = ("metadatabase", "scheduler", "dag_processor")


@dataclass(frozen=True)
class Airflow:
    """An Airflow that answers, and has parsed its DAGs.

    metadata: connection string of its database, to look at from outside; empty where it was attached.
    """

    url: str
    token: str
    version: str
    metadata: str
    scheduler: Node

    def get(self, path: str) -> Any:
        """What the REST interface answers, `path` without /api/v2/."""
        return http.call("GET", f"{self.url}/api/v2/{path}", timeout_s=120, headers=_bearer(self.token))

    def post(self, path: str, body: object) -> Any:
        return http.call(
            "POST", f"{self.url}/api/v2/{path}", body, timeout_s=120, headers=_bearer(self.token)
        )

    def trigger(self, dag: str, run: str, conf: Mapping[str, object], logical_date: str | None) -> None:
        """Start a run. A server error is tried again: under one id a run begins once, and then 409 says that it has."""
        body = {"dag_run_id": run, "conf": dict(conf), "logical_date": logical_date}
        for failed, pause in enumerate((*_AGAIN_S, None)):
            try:
                self.post(f"dags/{dag}/dagRuns", body)
                return
            except http.HttpError as error:
                if failed and error.status == _TAKEN:
                    return
                if error.status < 500 or pause is None:
                    raise
            time.sleep(pause)


@contextmanager
def airflow(
    dags: Path,
    settings: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    pools: Mapping[str, int] | None = None,
    expect: Sequence[str] = (),
) -> Iterator[Airflow]:
    """An Airflow for the block, with the DAG files of the folder `dags`.

    settings: by section and option, such as "core.parallelism". environment: what its processes see beside them, such as
    AIRFLOW_CONN_NAME. pools: slots by name. expect: DAGs to wait for. ServiceError if a file can't be imported.
    None of these is applied when attached. Its components are processes of this machine whatever LAB_SERVICES says: what its
    tasks meet, such as a SIGKILL, is done to them here.
    """
    if given := os.environ.get(VARIABLE, "").rstrip("/"):
        own_token = os.environ.get(TOKEN, "")
        number = attached("Airflow", VARIABLE, lambda: _version(given, own_token))
        yield Airflow(given, own_token, number, "", Attached("Airflow", VARIABLE))
        return
    _program()  # said before anything is started
    with ExitStack() as up:
        # Asked by no variable that an experiment's own database has: this one is never anybody else's.
        metadata = up.enter_context(postgres(_METADATA, variable="AIRFLOW_DATABASE_URL"))
        folder = session().folder / f"airflow-{uuid.uuid4().hex[:6]}"
        folder.mkdir()
        (port,) = free_ports(1)
        url = f"http://127.0.0.1:{port}"
        told = _variables(folder, dags, url, metadata.dsn, settings or {}) | dict(environment or {})
        # The server's start is mostly imports, for which it needs no table; it would refuse to begin without them.
        early = told | {"AIRFLOW__DATABASE__CHECK_MIGRATIONS": "False"}
        server = up.enter_context(_launched(_component("api-server", folder, early, url, port)))
        run([_program(), "db", "migrate"], "airflow db migrate", _START_S, told, _INSTALL)
        others = {
            name: up.enter_context(_launched(_component(name, folder, told, url)))
            for name in ("scheduler --skip-serve-logs", "dag-processor")
        }
        server.await_ready()
        token = http.call("GET", f"{url}/auth/token")["access_token"]
        found = Airflow(url, token, version(), metadata.dsn, others["scheduler --skip-serve-logs"])
        for name, slots in (pools or {}).items():
            found.post("pools", {"name": name, "slots": slots})
        for process in others.values():
            process.await_ready()
        _await(found, expect, others["dag-processor"])
        yield found


def version() -> str:
    """Version that set-up installed. ServiceError if there is none."""
    return environments.version(ENVIRONMENT, "apache-airflow-core")


def _variables(
    folder: Path, dags: Path, url: str, metadata: str, settings: Mapping[str, object]
) -> dict[str, str]:
    """The environment of all components. What is set here is for one machine and one run."""
    own: dict[str, object] = {
        "core.dags_folder": dags,
        "core.load_examples": False,
        "core.executor": "LocalExecutor",
        "core.parallelism": 8,
        "core.dags_are_paused_at_creation": False,
        "core.simple_auth_manager_all_admins": True,
        "core.execution_api_server_url": f"{url}/execution/",
        "core.hostname_callable": "socket.gethostname",
        "database.sql_alchemy_conn": metadata.replace("postgresql://", "postgresql+psycopg2://"),
        "api.host": "127.0.0.1",
        "api.port": url.rpartition(":")[2],
        "api.base_url": url,
        "api.secret_key": secrets.token_hex(16),
        "api.maximum_page_limit": 1000,
        "api_auth.jwt_secret": secrets.token_hex(32),
        "logging.colored_console_log": False,
        "logging.logging_level": "WARNING",  # to tell of every request costs as much as to answer it
        "scheduler.scheduler_idle_sleep_time": 0.5,
        "workers.execution_api_timeout": 60,  # on a busy machine a task is not to die of a slow answer
    }
    named = {
        f"AIRFLOW__{name.upper().replace('.', '__', 1)}": str(value)
        for name, value in (own | dict(settings)).items()
    }
    # Without SPT_NOENV a process that renames itself writes over its environment, by which the reaper knows it.
    return environments.variables(ENVIRONMENT) | named | {"AIRFLOW_HOME": str(folder), "SPT_NOENV": "1"}


def _component(
    command: str, folder: Path, told: Mapping[str, str], url: str, port: int | None = None
) -> Process:
    name = command.partition(" ")[0]

    def ready() -> None:
        health = http.call("GET", f"{url}/api/v2/monitor/health")
        wanted = {"scheduler": "scheduler", "dag-processor": "dag_processor"}.get(name, "metadatabase")
        if health[wanted]["status"] != "healthy":
            raise ServiceError(f"{wanted} is {health[wanted]['status']}")

    return Process(
        name=f"Airflow's {name}",
        command=[_program(), *command.split()],
        ready=ready,
        log=folder / f"{name}.log",
        ports=[port] if port else [],
        timeout_s=_START_S,
        environment=told,
        cwd=folder,
        hint=_INSTALL,
    )


@contextmanager
def _launched(process: Process) -> Iterator[Process]:
    """`process` started without waiting for it; killed after the block."""
    try:
        process.launch()
        yield process
    finally:
        process.kill()


def _program() -> str:
    return str(environments.program(ENVIRONMENT, "airflow"))


def _await(found: Airflow, expect: Sequence[str], processor: Process) -> None:
    """Until all expected DAGs are there; ServiceError with the reason if a file can't be imported."""

    def ready() -> None:
        if errors := found.get("importErrors")["import_errors"]:
            raise ImportError(errors[0]["stack_trace"])
        there = {dag["dag_id"] for dag in found.get("dags")["dags"]}
        if missing := set(expect) - there:
            raise ServiceError(f"no DAG {', '.join(sorted(missing))} yet")

    processor.ready = ready
    processor.await_ready()


def _version(url: str, token: str) -> str:
    return str(http.call("GET", f"{url.rstrip('/')}/api/v2/version", headers=_bearer(token))["version"])


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
