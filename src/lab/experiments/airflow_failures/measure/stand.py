"""All services up: warehouses behind links, the source, a receiver of alerts, Airflow on its own database, the watcher."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from lab.errors import NotAvailableError
from lab.experiments.airflow_failures.kit import DAGS, FOLDER
from lab.experiments.airflow_failures.params import HEARTBEAT_S, SCAN_S, SLOTS, WATCH_S, Params
from lab.experiments.airflow_failures.workload import (
    CALM,
    GUARDED,
    HOLE,
    OUTAGES,
    UNGUARDED,
    place,
)
from lab.services import http
from lab.services.airflow import Airflow, airflow
from lab.services.node import Node
from lab.services.ports import free_ports
from lab.services.postgres import USER, Postgres, postgres
from lab.services.process import Process, running
from lab.services.receiver import Receiver, receiver
from lab.services.session import session
from lab.services.toxiproxy import Link, Toxiproxy, toxiproxy

_SMALL = {"shared_buffers": "16MB", "max_connections": "40"}


@dataclass(frozen=True)
class Warehouse:
    """A database and the link by which tasks reach it."""

    dsn: str
    node: Node
    link: Link


@dataclass(frozen=True)
class Stand:
    """What runs. warehouses: by the connection's name. source: address. start_s: that Airflow took."""

    airflow: Airflow
    warehouses: dict[str, Warehouse]
    source: str
    receiver: Receiver
    start_s: float
    versions: dict[str, str]


@contextmanager
def stand(params: Params, dags: Path = DAGS) -> Iterator[Stand]:
    """Everything for the block. dags: the folder with the DAGs `orders` and `orders_unguarded`."""
    with ExitStack() as up:
        proxy = up.enter_context(toxiproxy())
        calm = _database(up)
        warehouses = {CALM: _warehouse(up, proxy, calm, params)}
        for dag in (GUARDED, UNGUARDED):
            warehouses[place(HOLE, dag)] = _warehouse(up, proxy, calm, params)
            for fault in OUTAGES:
                warehouses[place(fault, dag)] = _warehouse(up, proxy, _database(up), params)
        source, hook = _source(up, params), up.enter_context(receiver())
        since = time.monotonic()
        own = up.enter_context(
            airflow(
                dags,
                _settings(params),
                _environment(params, warehouses, source, hook.url),
                {"source": SLOTS, "warehouse": 32},
                (GUARDED, UNGUARDED),
            )
        )
        if not own.metadata:
            raise NotAvailableError("the faults need an Airflow of their own; unset AIRFLOW_URL")
        start_s = time.monotonic() - since
        _watcher(up, own, hook, params)
        yield Stand(
            own,
            warehouses,
            source,
            hook,
            start_s,
            {"Apache Airflow": own.version, "PostgreSQL": calm.version, "Toxiproxy": proxy.version},
        )


def _database(up: ExitStack) -> Postgres:
    found = up.enter_context(postgres(_SMALL))
    with psycopg.connect(found.dsn, autocommit=True) as connection:
        connection.execute((DAGS / "tables.sql").read_bytes())
    return found


def _warehouse(up: ExitStack, proxy: Toxiproxy, database: Postgres, params: Params) -> Warehouse:
    """Reached as one that is some way off."""
    where = psycopg.conninfo.conninfo_to_dict(database.dsn)
    link = up.enter_context(proxy.link(str(where["host"]), int(str(where["port"]))))
    up.enter_context(link.delay(params.latency_ms / 1000))
    return Warehouse(database.dsn, database.node, link)


def _source(up: ExitStack, params: Params) -> str:
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    asked = [str(port), str(params.rows), str(params.seed)]
    up.enter_context(
        running(
            Process(
                name="source of orders",
                command=[sys.executable, "-m", "harness.source", *asked],
                ready=lambda: http.call("GET", f"{url}/calls"),
                log=session().folder / "source.log",
                ports=[port],
                cwd=FOLDER,
            )
        )
    )
    return url


def _watcher(up: ExitStack, own: Airflow, hook: Receiver, params: Params) -> None:
    asked = [own.url, GUARDED, f"{hook.url}/alerts", str(WATCH_S), str(params.late_s), own.token]
    process = Process(
        name="watcher",
        command=[sys.executable, "-m", "harness.watcher", *asked],
        ready=lambda: None,
        log=session().folder / "watcher.log",
        cwd=FOLDER,
    )
    up.enter_context(running(process))


def _settings(params: Params) -> dict[str, object]:
    """Airflow's, shortened; the page says by how much."""
    return {
        "workers.min_heartbeat_interval": int(HEARTBEAT_S),
        "scheduler.task_instance_heartbeat_timeout": params.heartbeat_timeout_s,
        "scheduler.task_instance_heartbeat_timeout_detection_interval": SCAN_S,
        "core.max_active_tasks_per_dag": 64,
    }


def _environment(params: Params, warehouses: dict[str, Warehouse], source: str, hook: str) -> dict[str, str]:
    """Connections, and the DAG's own times."""
    connections = {
        name: f"postgres://{USER}@{each.link.host}:{each.link.port}/postgres"
        for name, each in warehouses.items()
    } | {"source": source, "source_storm": source, "alerts": f"{hook}/alerts"}
    return {f"AIRFLOW_CONN_{name.upper()}": uri for name, uri in connections.items()} | {
        "ORDERS_WAIT_S": str(params.wait_s),
        "ORDERS_RETRY_S": str(params.retry_s),
        "ORDERS_RETRY_MOST_S": str(params.retry_most_s),
        "ORDERS_OPEN_S": str(params.open_s),
    }
