"""One run of the pipeline under load: intervals changed, processes killed, everything that was seen."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from lab.errors import ServiceError
from lab.experiments.cdc_lakehouse import oracle, seen, workload
from lab.experiments.cdc_lakehouse.bench import TABLE, TRANSACTIONS, Bench, Watch
from lab.experiments.cdc_lakehouse.kills import Injected, until_hit
from lab.experiments.cdc_lakehouse.kit.sink.follow import FOLLOWING
from lab.experiments.cdc_lakehouse.kit.sink.lake import PROPERTY
from lab.experiments.cdc_lakehouse.params import CALM, KILLED_AT, WARM, Params
from lab.services.workers import Worker, spawn


@dataclass(frozen=True)
class Lived:
    """What was seen from outside. missing: transactions of the source that were in no snapshot when the wait ended.

    log: see `Watch`. over: when the schedule of the load ended. calm: begin and end of what lag is judged by. All moments in s
    since the epoch.
    """

    start: float
    over: float
    done: list[workload.Done]
    faults: list[Injected]
    seen: dict[int, float]
    log: list[tuple[float, int, int, int]]
    batches: list[dict]
    calm: tuple[float, float]
    restarts: int
    missing: int


def live(own: Bench) -> Lived:
    """Load, with intervals and faults at their times, until everything that was committed can be read."""
    params = own.params
    with Watch(own) as watch:
        if not own.await_stage(FOLLOWING):
            raise ServiceError(f"the Spark driver is at {own.desk.stage()!r}, not yet at {FOLLOWING!r}")
        own.await_standing()
        _await_first(watch)
        start = time.time() + 0.5
        writers = [
            spawn(workload.work, own.database.dsn, params, number, start, log)
            for number, log in enumerate(seen.logs(own))
        ]
        faults = _timeline(own, start)
        _join(writers, params)
        missing = drain(own)
        time.sleep(0.4)  # the observer looks five times a second
    return Lived(
        start,
        start + params.seconds,
        seen.done(seen.logs(own)),
        faults,
        watch.seen,
        watch.log,
        own.desk.batches(own.job.table),
        (start + WARM * params.seconds, start + CALM * params.seconds),
        own.restarts,
        missing,
    )


def _timeline(own: Bench, start: float) -> list[Injected]:
    params = own.params
    commits = (CALM - WARM) * params.seconds / sum(params.intervals)  # as many at each interval
    until = start + WARM * params.seconds
    for interval in params.intervals:
        own.desk.set_interval(interval)
        until += commits * interval
        _sleep_until(until)
    own.desk.set_interval(params.intervals[0])
    return _kills(own, start)


def _kills(own: Bench, start: float) -> list[Injected]:
    """Each at its time, but not before the one before has been got over."""
    found: list[Injected] = []
    for fault in sorted(own.params.faults, key=KILLED_AT.__getitem__):
        _sleep_until(start + KILLED_AT[fault] * own.params.seconds)
        found += until_hit(fault, own, start + own.params.seconds)
    return found


def drain(own: Bench, patience_s: float = 60) -> int:
    """Wait until a snapshot holds every transaction that the source committed.

    How many of them none holds, when for `patience_s` no more came, or when driver or connector has given up.
    """
    wanted = seen.changing(own)
    left, deadline = len(wanted) + 1, 0.0
    while True:
        missing = len(wanted - _held(own))
        if missing < left:
            left, deadline = missing, time.monotonic() + patience_s
        if not missing or time.monotonic() > deadline or own.halted or own.mend():
            return missing
        own.sink.check()
        time.sleep(0.3)


def _held(own: Bench) -> set[int]:
    """Transactions that the newest snapshot holds."""
    found = [one for one in oracle.snapshots(own.catalog.uri, TABLE) if PROPERTY in one.summary]
    last = json.loads(found[-1].summary[PROPERTY])["transactions"] if found else 0
    return {one.xid for one in oracle.committed(own.broker.bootstrap, TRANSACTIONS) if one.offset < last}


def _await_first(watch: Watch, timeout_s: float = 300) -> None:
    deadline = time.monotonic() + timeout_s
    while not watch.seen:
        if time.monotonic() > deadline:
            raise ServiceError("the initial snapshot did not reach the table")
        time.sleep(0.05)


def _join(writers: list[Worker], params: Params) -> None:
    for writer in writers:
        writer.join(params.seconds + 120)


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))
