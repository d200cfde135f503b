"""One run of the pipeline under load: intervals changed, processes killed, everything that was seen."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from typing import Any

import psycopg

from lab.errors import ServiceError
from lab.experiments.cdc_lakehouse import oracle
from lab.experiments.cdc_lakehouse.kit.sink.follow import FOLLOWING
from lab.experiments.cdc_lakehouse.kit.sink.position import PROPERTY
from lab.experiments.cdc_lakehouse.measure.kills import Injected, until_hit
from lab.experiments.cdc_lakehouse.measure.pipeline import Pipeline
from lab.experiments.cdc_lakehouse.params import CALM, KILLED_AT, WARM, Params
from lab.experiments.cdc_lakehouse.workload.source import PREFIX, TABLE, TRANSACTIONS
from lab.experiments.cdc_lakehouse.workload.writers import Done, logged, work
from lab.services import http
from lab.services.workers import Worker, spawn

_LOOK_S = 0.2


@dataclass(frozen=True)
class UnderLoad:
    """What was seen from outside. All moments in s since the epoch.

    over: when the schedule of the load ended. visible: snapshot -> when it could first be read. log: see `Watch`. calm: begin
    and end of what lag is judged by. missing: transactions of the source that were in no snapshot when the wait ended.
    """

    start: float
    over: float
    done: list[Done]
    faults: list[Injected]
    visible: dict[int, float]
    log: list[tuple[float, int, int, int]]
    batches: list[dict]
    calm: tuple[float, float]
    restarts: int
    missing: int


class Watch:
    """An outside observer: when each snapshot could first be read, and how much log the source retains."""

    def __init__(self, own: Pipeline) -> None:
        self._own = own
        self.visible: dict[int, float] = {}
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
                self.visible.setdefault(one["snapshot-id"], time.time())

    def _slot(self) -> None:
        sql = (
            "SELECT pg_current_wal_lsn() - '0/0', confirmed_flush_lsn - '0/0', restart_lsn - '0/0' "
            "FROM pg_replication_slots WHERE slot_name = %s"
        )
        with psycopg.connect(self._own.database.dsn, autocommit=True) as connection:
            while not self._over.wait(0.5):
                if row := connection.execute(sql, (PREFIX,)).fetchone():
                    self.log.append((time.time(), int(row[0]), int(row[1] or 0), int(row[2] or 0)))


def under_load(own: Pipeline) -> UnderLoad:
    """Load, with intervals and faults at their times, until everything that was committed can be read."""
    params = own.params
    with Watch(own) as watch:
        if not own.await_stage(FOLLOWING):
            raise ServiceError(f"the Spark driver is at {own.desk.stage()!r}, not yet at {FOLLOWING!r}")
        own.await_standing()
        _await_first(watch)
        start = time.time() + 0.5
        writers = [
            spawn(work, own.database.dsn, params, number, start, log)
            for number, log in enumerate(own.writer_logs())
        ]
        faults = _timeline(own, start)
        _join(writers, params)
        missing = drain(own)
        time.sleep(0.4)  # the observer looks five times a second
    return UnderLoad(
        start,
        start + params.seconds,
        logged(own.writer_logs()),
        faults,
        watch.visible,
        watch.log,
        own.desk.batches(own.job.table),
        (start + WARM * params.seconds, start + CALM * params.seconds),
        own.restarts,
        missing,
    )


def _timeline(own: Pipeline, start: float) -> list[Injected]:
    own.desk.set_intervals(own.params.intervals)
    _sleep_until(start + CALM * own.params.seconds)
    own.desk.set_intervals(own.params.intervals[:1])
    return _kills(own, start)


def _kills(own: Pipeline, start: float) -> list[Injected]:
    """Each at its time, but not before the one before has been got over."""
    found: list[Injected] = []
    for fault in sorted(own.params.faults, key=KILLED_AT.__getitem__):
        _sleep_until(start + KILLED_AT[fault] * own.params.seconds)
        found += until_hit(fault, own, start + own.params.seconds)
    return found


def drain(own: Pipeline, patience_s: float = 60) -> int:
    """Wait until a snapshot holds every transaction that the source committed.

    How many of them none holds, when for `patience_s` no more came, or when driver or connector has given up.
    """
    wanted = oracle.changing(own.database.dsn)
    left, deadline = len(wanted) + 1, 0.0
    while True:
        missing = len(wanted - _held(own))
        if missing < left:
            left, deadline = missing, time.monotonic() + patience_s
        if not missing or time.monotonic() > deadline or own.halted or own.mend():
            return missing
        own.sink.check()
        time.sleep(0.3)


def _held(own: Pipeline) -> set[int]:
    """Transactions that the newest snapshot holds."""
    found = [one for one in oracle.snapshots(own.catalog.uri, TABLE) if PROPERTY in one.summary]
    last = json.loads(found[-1].summary[PROPERTY])["transactions"] if found else 0
    return {one.xid for one in oracle.committed(own.broker.bootstrap, TRANSACTIONS) if one.offset < last}


def _await_first(watch: Watch, timeout_s: float = 300) -> None:
    deadline = time.monotonic() + timeout_s
    while not watch.visible:
        if time.monotonic() > deadline:
            raise ServiceError("the initial snapshot did not reach the table")
        time.sleep(0.05)


def _join(writers: list[Worker], params: Params) -> None:
    for writer in writers:
        writer.join(params.seconds + 120)


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))
