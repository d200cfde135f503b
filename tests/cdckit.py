"""What a user of the kit has: its files in an empty folder, a database, Kafka and a Connect worker (experiment cdc_lakehouse)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import duckdb
import psycopg
from confluent_kafka import Consumer

from lab import duck
from lab.experiments.cdc_lakehouse import KIT
from lab.paths import tools
from lab.services import http, jvm, sparkjvm
from lab.services.kafka import kafka
from lab.services.ports import free_ports
from lab.services.postgres import postgres
from lab.services.process import Process, running

ROW = (
    "INSERT INTO bank.account (id, owner, balance, rate, changed_at, local_at, active, note) VALUES "
    "(%s, 'Zoë 😀', 12.30, 0.000000000000000001, '2024-02-29T23:59:59.999999Z', '2024-03-31 02:30:00.5', NULL, '')"
)


def filled(name: str, **values: object) -> str:
    """A file of the kit with its variables replaced, as `envsubst` does."""
    return Template((KIT / name).read_text()).substitute(values)


@contextmanager
def bank() -> Iterator[str]:
    """A database with the kit's table and three rows in it; its connection string."""
    with postgres({"wal_level": "logical"}) as database:
        with psycopg.connect(database.dsn) as connection:
            connection.execute((KIT / "source.sql").read_text())
            for key in (1, 2, 3):
                connection.execute(ROW, (key,))
        yield database.dsn


def worker(settings: Path, port: int) -> Process:
    return Process(
        name="Kafka Connect",
        command=jvm.java(
            "kafka", "org.apache.kafka.connect.cli.ConnectDistributed", str(settings), heap_mb=256
        ),
        ready=lambda: http.call("GET", f"http://127.0.0.1:{port}/health"),
        log=settings.with_suffix(".log"),
        ports=[port],
        timeout_s=120,
    )


def told(bootstrap: str, topic: str, count: int, silent_s: float = 90) -> list[dict]:
    """The first `count` committed records of a topic, or all until none came for so long."""
    settings = {"bootstrap.servers": bootstrap, "group.id": uuid.uuid4().hex, "auto.offset.reset": "earliest"}
    consumer = Consumer(settings | {"isolation.level": "read_committed"})
    consumer.subscribe([topic])
    found: list[dict] = []
    deadline = time.monotonic() + max(silent_s, 10)  # a new group takes seconds to share out the partitions
    while len(found) < count and time.monotonic() < deadline:
        for message in consumer.consume(10, 1.0):
            if message.error() is None and message.value():
                found.append(json.loads(message.value()))
                deadline = time.monotonic() + silent_s
    consumer.close()
    return found


@dataclass(frozen=True)
class Connected:
    """A broker, and a Connect worker with the kit's connector on it, prefix `kit`. url: of the connector."""

    bootstrap: str
    url: str

    def set(self, **more: str) -> None:
        """Give the connector other settings, with `__` for each point in a name."""
        now = http.call("GET", f"{self.url}/config")
        http.call("PUT", f"{self.url}/config", now | _dotted(more), 30)


def _dotted(settings: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("__", "."): value for name, value in settings.items()}


@contextmanager
def connected(source: str, folder: Path, tables: str = "bank.account", **more: str) -> Iterator[Connected]:
    """Kafka, Connect and the connector as the kit has them. more: of its settings."""
    (port,) = free_ports(1)
    with kafka(heap_mb=256) as broker:
        settings = folder / "connect.properties"
        settings.write_text(
            filled(
                "connect.properties",
                BOOTSTRAP=broker.bootstrap,
                PLUGINS=tools() / "debezium",
                REPLICATION=1,
                LISTENER=f"http://127.0.0.1:{port}",
            )
        )
        with running(worker(settings, port)):
            found = Connected(broker.bootstrap, f"http://127.0.0.1:{port}/connectors/kit")
            config = json.loads(filled("connector.json", **_variables(source, tables)))
            http.call("PUT", f"{found.url}/config", config | _dotted(more), 30)
            assert {one["op"] for one in told(broker.bootstrap, "kit.bank.account", 3)} == {"r"}
            yield found


def _variables(source: str, tables: str) -> dict[str, object]:
    with psycopg.connect(source) as connection:
        place = connection.info
        return {
            "SLOT": "kit",
            "TABLES": tables,
            "PREFIX": "kit",
            "PARTITIONS": 2,
            "REPLICATION": 1,
            "PGHOST": place.host,
            "PGPORT": place.port,
            "PGUSER": place.user,
            "PGPASSWORD": place.password,
            "PGDATABASE": place.dbname,
        }


def command(folder: Path, *given: str) -> dict[str, Any]:
    """`python -m sink` in a copy of the kit, as subprocess takes it."""
    if not (kit := folder / "kit").exists():
        shutil.copytree(KIT, kit, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)} | sparkjvm.environment()
    return {"args": [sys.executable, "-m", "sink", *given], "cwd": kit, "env": environment, "text": True}


def sink(folder: Path, *given: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(**command(folder, *given), capture_output=True, timeout=timeout_s)


def home_with_extensions(folder: Path) -> Path:
    """A home folder in which DuckDB finds what it would otherwise fetch."""
    (platform,) = duckdb.sql("PRAGMA platform").fetchone() or ("",)
    place = folder / ".duckdb" / "extensions" / f"v{duckdb.__version__}" / platform
    place.mkdir(parents=True)
    for name in ("iceberg", "avro", "httpfs"):
        file = duck._file(name)
        (place / file.name).symlink_to(file)
    return folder


def check(home: Path, source: str, catalog: str, *more: str) -> subprocess.CompletedProcess[str]:
    """verify.py in an empty folder, by a Python that is not told where `lab` is."""
    command = [sys.executable, "-P", str(KIT / "verify.py"), "--source", source, "--catalog", catalog, *more]
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=60)
