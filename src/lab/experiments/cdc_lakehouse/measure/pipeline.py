"""The whole pipeline while it runs: its services, the Spark driver and those that stand by for it."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from pathlib import Path

from lab.errors import ServiceError
from lab.experiments.cdc_lakehouse.measure.driver import HALTED, Desk, Job, drive
from lab.experiments.cdc_lakehouse.params import Params
from lab.experiments.cdc_lakehouse.workload.controls import Replay
from lab.experiments.cdc_lakehouse.workload.source import PREFIX
from lab.services import sparkjvm
from lab.services.connect import Connect, debezium_version
from lab.services.icebergcatalog import IcebergCatalog
from lab.services.kafka import Kafka
from lab.services.objectstore import ObjectStore
from lab.services.postgres import Postgres
from lab.services.workers import Worker, spawn

_LOOK_S = 0.2
_RESTARTS = 5


@dataclass
class Pipeline:
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

    def writer_logs(self) -> list[Path]:
        """Where each writer logs its transactions."""
        return [self.folder / f"writer-{number}.jsonl" for number in range(self.params.writers)]

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
