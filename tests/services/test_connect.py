"""Kafka Connect with Debezium on a real PostgreSQL and a real Kafka."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from confluent_kafka import Consumer, Producer

from lab.errors import NotAvailableError, ServiceError
from lab.faults.process import hang
from lab.services import http
from lab.services.connect import VARIABLE, Connect, connect
from lab.services.kafka import Kafka, kafka
from lab.services.postgres import Postgres, postgres
from lab.services.process import Process
from listening import addresses

pytestmark = [pytest.mark.service, pytest.mark.timeout(500)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Kafka]:
    with kafka(heap_mb=256) as found:
        yield found


@pytest.fixture(scope="module")
def db() -> Iterator[Postgres]:
    with postgres({"wal_level": "logical"}) as found:
        yield found


@pytest.fixture(scope="module")
def worker(cluster: Kafka) -> Iterator[Connect]:
    """One for all tests: each leaves it up, and without connectors."""
    own = {"group.id": "own"} | {
        f"{store}.storage.topic": f"own-{store}" for store in ("config", "offset", "status")
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(VARIABLE, raising=False)
        with connect(cluster.bootstrap, own) as found:
            yield found


def _config(db: Postgres, prefix: str) -> dict[str, str]:
    with psycopg.connect(db.dsn) as connection:
        info = connection.info
        return {
            "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
            "database.hostname": info.host,
            "database.port": str(info.port),
            "database.user": info.user,
            "database.dbname": info.dbname,
            "topic.prefix": prefix,
            "table.include.list": f"public.{prefix}",
            "plugin.name": "pgoutput",
            "slot.name": prefix,
            "publication.name": prefix,
            "publication.autocreate.mode": "filtered",
            "topic.creation.enable": "true",
            "topic.creation.default.replication.factor": "1",
            "topic.creation.default.partitions": "1",
            "poll.interval.ms": "50",
            "exactly.once.support": "required",
        }


def _insert(db: Postgres, table: str, low: int, high: int) -> None:
    with psycopg.connect(db.dsn) as connection:
        connection.execute(f"INSERT INTO {table} SELECT n FROM generate_series({low}, {high}) AS n")


def _events(cluster: Kafka, topic: str, count: int, timeout_s: float = 60) -> list[dict[str, Any]]:
    """Committed change events from the first on: `count` of them, and any that come within a second more."""
    consumer = Consumer(
        {
            "bootstrap.servers": cluster.bootstrap,
            "group.id": f"{topic}-{time.monotonic_ns()}",
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "log_level": 0,
        }
    )
    consumer.subscribe([topic])
    found: list[dict[str, Any]] = []
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        for message in consumer.consume(500, 0.2):
            if not message.error() and (value := message.value()):
                found.append(json.loads(value))
        if len(found) >= count and end - time.monotonic() > 1:
            end = time.monotonic() + 1
    consumer.close()
    return found


@pytest.mark.drill
def test_changes_arrive_exactly_once_although_the_worker_is_killed(
    cluster: Kafka, db: Postgres, worker: Connect
) -> None:
    with psycopg.connect(db.dsn) as connection:
        connection.execute("CREATE TABLE moves (id int PRIMARY KEY)")
    _insert(db, "moves", 1, 100)
    worker.put("moves", _config(db, "moves"))
    worker.await_running("moves")
    assert worker.names() == ["moves"]
    _insert(db, "moves", 101, 1000)
    _events(cluster, "moves.public.moves", 200)
    worker.node.kill()
    with pytest.raises(ServiceError, match="refused"):
        worker.status("moves")
    _insert(db, "moves", 1001, 2000)
    worker.node.restart()
    worker.await_running("moves")
    events = _events(cluster, "moves.public.moves", 2000)
    assert sorted(event["after"]["id"] for event in events) == list(range(1, 2001))
    assert {event["op"] for event in events} == {"r", "c"}
    worker.delete("moves")
    assert worker.names() == []


def test_only_loopback_is_open_and_a_paused_worker_does_not_answer(worker: Connect) -> None:
    assert isinstance(worker.node, Process)
    assert addresses(worker.node.pid) == {"127.0.0.1"}
    with hang(worker.node), pytest.raises(ServiceError, match="timed out"):
        http.call("GET", f"{worker.url}/connectors", timeout_s=1)
    assert worker.names() == []


@pytest.mark.drill
def test_it_counts_as_started_only_when_it_has_read_its_topics(cluster: Kafka, worker: Connect) -> None:
    """Behind a transaction that a dead producer left open, it waits until the broker gives that up."""
    settings = {"bootstrap.servers": cluster.bootstrap, "transactional.id": "dead", "log_level": 0}
    dead = Producer(settings | {"transaction.timeout.ms": 12_000})
    dead.init_transactions()
    worker.node.kill()
    dead.begin_transaction()
    dead.produce("own-offset", key=b"of nobody", value=b"left open")
    dead.flush()
    began = time.monotonic()
    worker.node.start()
    assert time.monotonic() - began > 10
    assert worker.names() == []


def test_a_refusal_is_told_in_connects_words(db: Postgres, worker: Connect) -> None:
    with pytest.raises(ServiceError, match=r"400 .*Failed to find any class .*no\.Such"):
        worker.put("x", {"connector.class": "no.Such"})
    with pytest.raises(ServiceError, match=r"400 (.|\n)*topic\.prefix"):
        worker.put("x", {name: value for name, value in _config(db, "x").items() if name != "topic.prefix"})
    with pytest.raises(http.HttpError, match=r"404 .*Connector x not found"):
        worker.get("x")
    with pytest.raises(ServiceError, match=r"connector x does not run after 0\.5 s"):
        worker.await_running("x", timeout_s=0.5)


def test_an_attached_worker_is_used_but_not_hurt(worker: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"{worker.url}/")
    with connect("nobody asks") as found:
        assert found.names() == []
        assert found.version == worker.version
        with pytest.raises(NotAvailableError, match=VARIABLE):
            found.node.kill()


def test_an_attached_worker_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "http://127.0.0.1:1")
    with pytest.raises(ServiceError, match=VARIABLE), connect("127.0.0.1:1"):
        pass
