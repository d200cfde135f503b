"""One broker, one sink, one arm after the other: capacity first, because the policies are told of it."""

from __future__ import annotations

import json
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
from confluent_kafka.admin import AdminClient, NewTopic

from lab.errors import LabError
from lab.experiments.backlog_replay.measure import sink
from lab.experiments.backlog_replay.measure.daemon import Daemon, Job, start
from lab.experiments.backlog_replay.measure.live import SENT, STOP, Live
from lab.experiments.backlog_replay.measure.live import serve as serve_live
from lab.experiments.backlog_replay.measure.load import safe_capacity, saturation
from lab.experiments.backlog_replay.measure.replayer import REPLAYED, Replayer
from lab.experiments.backlog_replay.measure.replayer import serve as serve_replays
from lab.experiments.backlog_replay.measure.seen import Run, Seen
from lab.experiments.backlog_replay.mechanism import Replay
from lab.experiments.backlog_replay.params import Params
from lab.experiments.backlog_replay.workload import PARTITIONS, Arm, fill, first_live, saturated, search
from lab.load.gate import Gate
from lab.progress import Steps
from lab.services.kafka import Kafka
from lab.services.postgres import Postgres
from lab.services.workers import WorkerError

_START_S = 60
_DRAIN_S = 240
_LEAD_NS = 150_000_000  # for the common start to be read by all before it comes


@dataclass
class Session:
    """Topics and rows under a name of their own: cluster and database may be somebody else's."""

    params: Params
    broker: Kafka
    server: Postgres
    folder: Path
    name: str
    live: Daemon
    replayer: Daemon

    def measure(self, arms: list[Arm], work: Steps) -> Run:
        """The sink's capacity, then every arm."""
        run = Run(versions={"Apache Kafka": self.broker.version, "PostgreSQL": self.server.version})
        work.next("backlog")
        fill(self.broker.bootstrap, _backlog(self.name), self.params)
        work.next("capacity")
        first = self.measure_arm(saturated(self.params), self.params.ideal_rate)
        most = saturation(first)
        second = self.measure_arm(search(self.params), most)
        run.seen.update({first.arm.name: first, second.arm.name: second})
        safe = safe_capacity(self.params, second, most)
        if self.params.target * safe <= self.params.live_rate:
            raise LabError(
                f"a replay aimed at {self.params.target:.0%} of the safe {safe:,.0f} rows/s leaves nothing beside live_rate = "
                f"{self.params.live_rate}; lower live_rate or row_ms"
            )
        for arm in arms:
            work.next(arm.name)
            run.seen[arm.name] = self.measure_arm(arm, safe)
        return run

    def measure_arm(self, arm: Arm, capacity: float) -> Seen:
        """One replay beside the live traffic, from the common start until all is absorbed."""
        folder = self.folder / arm.name.replace(" ", "-")
        folder.mkdir()
        job = Job(f"{self.name}-{arm.name}", arm, capacity, folder)
        self.replayer.give(job)
        if arm.live:
            self.live.give(job)
        gate = Gate(folder)
        names = ["replayer", "live"] if arm.live else ["replayer"]
        self._until(lambda: _arrived(gate, names), f"{' and '.join(names)} ready", _START_S)
        gate.open(_LEAD_NS)
        at_kill = self._kill(job) if arm.kill_at is not None else None
        self._until((folder / REPLAYED).exists, "the backlog replayed", _DRAIN_S)
        (folder / STOP).touch()
        if arm.live:
            self._until((folder / SENT).exists, "the live traffic written", _DRAIN_S)
        return self._collect(job, at_kill)

    def _until(self, done: Callable[[], bool], what: str, most_s: float) -> None:
        """Wait; WorkerError at once if a process has failed."""
        deadline = time.monotonic() + most_s
        while not done():
            for daemon in (self.live, self.replayer):
                daemon.worker.check()
            if time.monotonic() > deadline:
                raise WorkerError(f"{what}: not after {most_s:g} s")
            time.sleep(0.005)

    def _kill(self, job: Job) -> int:
        """SIGKILL once the sink has its share of the backlog, and begin again; how many rows it then had."""
        assert job.arm.kill_at is not None
        rows = job.arm.kill_at * (job.arm.rows or self.params.backlog)
        with psycopg.connect(self.server.dsn, autocommit=True) as connection:
            while _count(connection, job.name) < rows:
                self.replayer.worker.check()
                time.sleep(0.01)
            os.kill(self.replayer.worker.pid, signal.SIGSTOP)  # at once; to find and kill takes longer
            self.replayer.worker.kill()
            there = _count(connection, job.name)
        self.replayer = _replayer(self.params, self.broker, self.server, self.folder, self.name)
        self.replayer.give(job)
        return there

    def _collect(self, job: Job, at_kill: int | None) -> Seen:
        with psycopg.connect(self.server.dsn) as connection:
            rows = connection.execute(
                "SELECT source, version, extract(epoch FROM asked)::float8, extract(epoch FROM at)::float8 "
                "FROM backlog.arrivals WHERE arm = %s ORDER BY at",
                (job.name,),
            ).fetchall()
            held = connection.execute(
                "SELECT key, version FROM backlog.newest WHERE arm = %s", (job.name,)
            ).fetchall()
        sent = np.load(job.folder / SENT) if job.arm.live else {"due": np.empty(0), "late": np.empty(0)}
        told = json.loads((job.folder / REPLAYED).read_text())
        told["rates"] = [(since, rate) for since, rate in told["rates"]]
        return Seen(
            job.arm,
            job.arm.rows or self.params.backlog,
            first_live(self.params),
            job.capacity,
            pd.DataFrame(rows, columns=["source", "version", "asked", "at"]),
            dict(held),
            sent["due"] / 1e9,
            sent["late"] / 1e9,
            Replay(**told),
            at_kill,
        )


@contextmanager
def session(params: Params, broker: Kafka, server: Postgres, folder: Path) -> Iterator[Session]:
    """Topics, tables and the two processes for the block."""
    name = f"backlog-{uuid.uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    topics = [NewTopic(_backlog(name), PARTITIONS, 1), NewTopic(_live(name), 1, 1)]
    for made in admin.create_topics(topics).values():
        made.result(30)
    sink.create(server.dsn)
    traffic = Live(broker.bootstrap, _live(name), server.dsn, f"{name}-warm-live", params)
    own = Session(
        params, broker, server, folder, name,
        start(serve_live, traffic, folder / "process-live"),
        _replayer(params, broker, server, folder, name),
    )  # fmt: skip
    try:
        yield own
    finally:
        for daemon in (own.live, own.replayer):
            daemon.worker.kill()
        sink.forget(server.dsn, name)
        for gone in admin.delete_topics([topic.topic for topic in topics]).values():
            gone.result(30)


def _replayer(params: Params, broker: Kafka, server: Postgres, folder: Path, name: str) -> Daemon:
    own = uuid.uuid4().hex[:8]  # one that follows a killed one warms up anew
    told = Replayer(broker.bootstrap, _backlog(name), server.dsn, f"{name}-warm-{own}", params)
    return start(serve_replays, told, folder / f"process-{own}")


def _arrived(gate: Gate, names: list[str]) -> bool:
    try:
        gate.await_all(names, timeout_s=0)
    except TimeoutError:
        return False
    return True


def _backlog(name: str) -> str:
    return f"{name}-backlog"


def _live(name: str) -> str:
    return f"{name}-live"


def _count(connection: psycopg.Connection, arm: str) -> int:
    """Rows of the backlog that the sink has of that arm."""
    query = "SELECT count(*) FROM backlog.arrivals WHERE arm = %s AND source = 'backlog'"
    row = connection.execute(query, (arm,)).fetchone()
    assert row
    return int(row[0])
