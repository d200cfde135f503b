"""The whole pipeline, started: PostgreSQL, Kafka, Connect with Debezium, Iceberg on an object store, the Spark driver."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from confluent_kafka.admin import AdminClient, NewTopic

from lab.errors import ServiceError
from lab.experiments.cdc_lakehouse import source
from lab.experiments.cdc_lakehouse.design import Design
from lab.experiments.cdc_lakehouse.driver import HALTED, Desk, Job, Replay, drive
from lab.experiments.cdc_lakehouse.params import Params
from lab.services import http, sparkjvm
from lab.services.connect import Connect, connect, debezium_version
from lab.services.icebergcatalog import IcebergCatalog, iceberg_catalog
from lab.services.kafka import Kafka, kafka
from lab.services.objectstore import ObjectStore, object_store
from lab.services.postgres import Postgres, postgres
from lab.services.session import session
from lab.services.workers import Worker, spawn

PREFIX = "bankcdc"
TABLE = "bank.account"
CHANGES, TRANSACTIONS = f"{PREFIX}.bank.account", f"{PREFIX}.transaction"
_BUCKET = "lake"
_LOOK_S = 0.2
_RESTARTS = 5


@dataclass
class Bench:
    """Everything that runs."""

    params: Params
    database: Postgres
    broker: Kafka
    connect: Connect
    store: ObjectStore
    catalog: IcebergCatalog
    folder: Path
    job: Job
    replays: tuple[Replay, ...]
    sink: Worker = field(init=False)
    standing: list[tuple[int, Worker]] = field(default_factory=list)
    restarts: int = 0  # of a failed connector or task, by `mend`

    @property
    def desk(self) -> Desk:
        return Desk(self.folder)

    def start_sinks(self, standing: int) -> None:
        """The driver, and so many that warm up and stand by to take over from a killed one."""
        self.desk.tell("starting")
        self.sink = spawn(drive, self.job, self.replays)
        self.standing = [
            (turn, spawn(drive, self.job, self.replays, turn)) for turn in range(1, standing + 1)
        ]

    def replace_sink(self) -> None:
        """Another driver for the killed one: the next that stands by, else a cold one."""
        self.desk.tell("starting")
        if not self.standing:
            self.sink = spawn(drive, self.job, self.replays)
            return
        turn, self.sink = self.standing.pop(0)
        self.desk.relieve(turn)

    def await_standing(self, timeout_s: float = 300) -> None:
        """Wait until those that stand by are warm."""
        deadline = time.monotonic() + timeout_s
        while not all(self.desk.warm(turn) for turn, _ in self.standing):
            for _, worker in self.standing:
                worker.check()
            if time.monotonic() > deadline:
                raise ServiceError(f"the Spark drivers that stand by are not warm after {timeout_s:g} s")
            time.sleep(_LOOK_S)

    def kill_sinks(self) -> None:
        for worker in [self.sink, *(worker for _, worker in self.standing)]:
            worker.kill()

    @property
    def halted(self) -> bool:
        """Whether the driver found that changes are lost, and stopped."""
        return bool(self.desk.batches(HALTED))

    def await_stage(self, *stages: str, timeout_s: float = 300) -> bool:
        """Wait until the driver says one of `stages`; False if it does not in time, or has halted."""
        deadline = time.monotonic() + timeout_s
        for turn in itertools.count():
            if self.desk.stage() in stages:
                break
            self.sink.check()
            # Now and then: what waits must not slow down what it waits for.
            if time.monotonic() > deadline or (turn % 100 == 0 and self.halted):
                return False
            time.sleep(0.005)
        return True

    def mend(self) -> bool:
        """Restart what of the connector has failed, as the watchdog of any installation does: Connect itself never does.

        Whether it has given up, because the connector failed again and again.
        """
        if not self.connect.failures(PREFIX):
            return False
        if self.restarts == _RESTARTS:
            return True
        self.restarts += 1
        self.connect.restart(PREFIX)
        time.sleep(1)  # until its new state is told
        return False

    def versions(self) -> dict[str, str]:
        return {
            "PostgreSQL": self.database.version,
            "Apache Kafka": self.broker.version,
            "Kafka Connect": self.connect.version,
            "Debezium": debezium_version(),
            "Apache Spark": sparkjvm.version(),
            "Iceberg REST catalog": self.catalog.version,
            "SeaweedFS": self.store.version,
        }


@contextmanager
def bench(params: Params, design: Design, replays: tuple[Replay, ...]) -> Iterator[Bench]:
    """The pipeline for the block, seeded and following; what it made at attached servers is taken away."""
    folder = session().folder / f"cdc-{time.monotonic_ns()}"
    folder.mkdir()
    with ExitStack() as stack, ThreadPoolExecutor(3) as pool:
        settings = {"wal_level": "logical", "max_connections": "50"}
        brokers = pool.submit(stack.enter_context, kafka(heap_mb=384))
        databases = pool.submit(stack.enter_context, postgres(settings))
        lakes = pool.submit(_lake, stack)
        broker, database, (store, catalog) = brokers.result(), databases.result(), lakes.result()
        job = Job(
            folder,
            broker.bootstrap,
            PREFIX,
            params.partitions,
            catalog.client(),
            f"lake.{TABLE}",
            params.merge_mode,
            design,
        )
        stack.enter_context(_topics(broker.bootstrap, params.partitions))
        stack.callback(_drop_tables, catalog.uri)
        source.create(database.dsn, params.accounts, params.note_bytes, params.seed)
        stack.callback(source.drop, database.dsn, PREFIX)
        worker: Connect = None  # type: ignore[assignment]  # starts last
        own = Bench(params, database, broker, worker, store, catalog, folder, job, replays)
        own.desk.set_interval(params.intervals[0])
        own.start_sinks(sum(fault != "connect" for fault in params.faults))
        stack.callback(own.kill_sinks)
        own.connect = stack.enter_context(connect(broker.bootstrap))
        own.connect.put(PREFIX, source.connector(database.dsn, PREFIX, params.partitions))
        stack.callback(_forget, own.connect)
        own.connect.await_running(PREFIX)
        yield own


def _lake(stack: ExitStack) -> tuple[ObjectStore, IcebergCatalog]:
    store = stack.enter_context(object_store([_BUCKET]))
    return store, stack.enter_context(iceberg_catalog(f"s3://{_BUCKET}/warehouse", store.s3))


@contextmanager
def _topics(bootstrap: str, partitions: int) -> Iterator[None]:
    """Both topics for the block; gone with it, however it ends."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    made = admin.create_topics([NewTopic(CHANGES, partitions, 1), NewTopic(TRANSACTIONS, 1, 1)])
    # One that another has made must stay, though its twin was new.
    own = [name for name, future in made.items() if future.exception() is None]
    try:
        for future in made.values():
            future.result()
        yield
    finally:
        for gone in (admin.delete_topics(own) if own else {}).values():
            gone.result()


def _drop_tables(catalog: str) -> None:
    namespace = TABLE.partition(".")[0]
    url = f"{catalog}/v1/namespaces/{namespace}"
    with suppress(ServiceError):  # nothing was written yet
        for one in http.call("GET", f"{url}/tables")["identifiers"]:
            http.call("DELETE", f"{url}/tables/{one['name']}?purgeRequested=true", timeout_s=60)
        http.call("DELETE", url)


def _forget(own: Connect) -> None:
    own.delete(PREFIX)
    time.sleep(0.5)


class Watch:
    """An outside observer: when each snapshot could first be read, and how much log the source retains."""

    def __init__(self, own: Bench) -> None:
        self._own = own
        self.seen: dict[int, float] = {}
        # s since the epoch; positions in the log: written, confirmed by the slot's reader, kept for it (`restart_lsn`)
        self.log: list[tuple[float, int, int, int]] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=loop, daemon=True) for loop in (self._catalog, self._slot)]

    def __enter__(self) -> Watch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _catalog(self) -> None:
        namespace, _, name = TABLE.partition(".")
        url = f"{self._own.catalog.uri}/v1/namespaces/{namespace}/tables/{name}"
        while not self._over.wait(_LOOK_S):
            try:
                found: Any = http.call("GET", url)["metadata"].get("snapshots", [])
            except ServiceError:  # not created yet
                continue
            for one in found:
                self.seen.setdefault(one["snapshot-id"], time.time())

    def _slot(self) -> None:
        sql = (
            "SELECT pg_current_wal_lsn() - '0/0', confirmed_flush_lsn - '0/0', restart_lsn - '0/0' "
            "FROM pg_replication_slots WHERE slot_name = %s"
        )
        with psycopg.connect(self._own.database.dsn, autocommit=True) as connection:
            while not self._over.wait(0.5):
                if row := connection.execute(sql, (PREFIX,)).fetchone():
                    self.log.append((time.time(), int(row[0]), int(row[1] or 0), int(row[2] or 0)))
