"""One run of the pipeline under load: intervals changed, processes killed, everything that was seen."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lab.errors import ServiceError
from lab.experiments.cdc_lakehouse import oracle, workload
from lab.experiments.cdc_lakehouse.bench import PREFIX, TABLE, TRANSACTIONS, Bench, Watch
from lab.experiments.cdc_lakehouse.lake import PROPERTY
from lab.experiments.cdc_lakehouse.params import CALM, Fault, Params
from lab.services.connect import Connect
from lab.services.workers import Worker, spawn

_DOWN_S = 1.0  # a killed Connect worker is started again after so long
_INTO_MERGE_S = 0.15
_TRIES = 3
_APART = 0.13  # share of the load's time between two faults
_ROOM_S = 3.0  # another kill needs so much of the load before it


@dataclass(frozen=True)
class Injected:
    """A process that was killed. times: s since the epoch; back: when its successor was at work.

    hit: whether it was in the middle of something (a batch begun and not committed; changes not yet delivered).
    """

    fault: Fault
    at: float
    back: float
    hit: bool


@dataclass(frozen=True)
class Lived:
    """What was seen from outside."""

    start: float
    done: list[workload.Done]
    faults: list[Injected]
    seen: dict[int, float]
    log: list[tuple[float, int, int]]
    batches: list[dict]
    calm_until: float
    restarts: int


def live(own: Bench) -> Lived:
    """Load, with intervals and faults at their times, until everything that was committed can be read."""
    with Watch(own) as watch:
        own.await_stage("following")
        _await_first(watch)
        start = time.time() + 0.5
        writers = [
            spawn(workload.work, own.database.dsn, own.params, number, start, log)
            for number, log in enumerate(_logs(own))
        ]
        faults = _timeline(own, start)
        _join(writers, own.params)
        drain(own)
        time.sleep(0.3)  # the observer looks ten times a second
    calm = start + CALM * own.params.seconds
    return Lived(
        start,
        _done(_logs(own)),
        faults,
        watch.seen,
        watch.log,
        own.desk.batches(own.job.table),
        calm,
        own.restarts,
    )


def _logs(own: Bench) -> list[Path]:
    return [own.folder / f"writer-{number}.jsonl" for number in range(own.params.writers)]


def _done(logs: Sequence[Path]) -> list[workload.Done]:
    """What the writers have logged so far; a line of which only a part is written does not count yet."""
    whole = [log.read_text().rpartition("\n")[0] for log in logs]
    return [workload.Done(*json.loads(line)) for text in whole for line in text.splitlines()]


def _timeline(own: Bench, start: float) -> list[Injected]:
    params = own.params
    commits = CALM * params.seconds / sum(params.intervals)  # as many at each interval
    until = start
    for interval in params.intervals:
        own.desk.set_interval(interval)
        until += commits * interval
        _sleep_until(until)
    own.desk.set_interval(params.intervals[0])
    kill: dict[Fault, Callable[[Bench], Injected]] = {"connect": kill_connect, "spark": kill_spark}
    # Side by side: a batch to kill Spark in is sure to come when Connect, back again, delivers what waited.
    with ThreadPoolExecutor(2) as pool:
        injecting = []
        for turn, fault in enumerate(params.faults):
            _sleep_until(start + (CALM + 0.02 + _APART * turn) * params.seconds)
            injecting.append(pool.submit(_until_hit, kill[fault], own, start + params.seconds))
        return [one for injected in injecting for one in injected.result()]


def _until_hit(kill: Callable[[Bench], Injected], own: Bench, over: float) -> list[Injected]:
    """Kill until it hit work in progress, three times at most and only while load is on."""
    found: list[Injected] = []
    while not found or (not found[-1].hit and len(found) < _TRIES and time.time() < over - _ROOM_S):
        found.append(kill(own))
    return found


def kill_connect(own: Bench) -> Injected:
    """SIGKILL the Connect worker under load, start it again."""
    alive = _kill(own.connect)
    at = time.time()
    delivered = oracle.committed(own.broker.bootstrap, TRANSACTIONS)
    seen, changing = {one.xid for one in delivered}, _changing(own)
    hit = any(
        one.acknowledged < alive and one.xid in changing and one.xid not in seen for one in _done(_logs(own))
    )
    time.sleep(_DOWN_S)
    own.connect.node.start()
    # Its status may only repeat what the killed one had stated: work is a transaction that was not there.
    _await_end(own, delivered[-1].offset + 1)
    return Injected("connect", at, time.time(), hit)


def _kill(connect: Connect) -> float:
    """Kill the worker; when it was last known to be alive, in s since the epoch. To kill a container takes a second."""
    alive = time.time()
    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(connect.node.kill)
        while not killing.done():
            asked = time.time()
            try:
                connect.names()
            except ServiceError:
                break
            alive = asked
        killing.result()
    return alive


def _await_end(own: Bench, begin: int, timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not oracle.committed(own.broker.bootstrap, TRANSACTIONS, begin):
        if time.monotonic() > deadline:
            raise ServiceError(f"no transaction is delivered; the connector: {own.connect.status(PREFIX)}")
        own.mend()
        time.sleep(0.1)


def kill_spark(own: Bench) -> Injected:
    """SIGKILL the driver, Python and JVM, after it began a MERGE and before that is committed; start another."""
    own.await_stage("merging")
    began = time.time()
    time.sleep(_INTO_MERGE_S)
    own.sink.kill()
    at = time.time()
    hit = all(one.at < began for one in oracle.snapshots(own.catalog.uri, TABLE))
    own.start_sink()
    own.await_stage("following")
    return Injected("spark", at, time.time(), hit)


def drain(own: Bench, timeout_s: float = 300) -> None:
    """Wait until a snapshot holds every transaction that the source committed."""
    wanted = len(_changing(own)) - 1  # the seed is in the connector's snapshot
    deadline = time.monotonic() + timeout_s
    while True:
        last = _newest(own)
        ends = [one for one in oracle.committed(own.broker.bootstrap, TRANSACTIONS) if one.offset < last]
        if len({one.xid for one in ends}) >= wanted:
            return
        own.sink.check()
        own.mend()
        if time.monotonic() > deadline:
            raise ServiceError(
                f"{len(ends)} of {wanted} transactions reached the table; the connector: {own.connect.status(PREFIX)}"
            )
        time.sleep(0.3)


def _newest(own: Bench) -> int:
    found = [one for one in oracle.snapshots(own.catalog.uri, TABLE) if PROPERTY in one.summary]
    return json.loads(found[-1].summary[PROPERTY])["transactions"] if found else 0


def _changing(own: Bench) -> set[int]:
    """Transactions that changed the table, by the source's own log, the one that wrote the seed included."""
    import psycopg

    with psycopg.connect(own.database.dsn) as connection:
        return {int(xid) for (xid,) in connection.execute("SELECT DISTINCT xid FROM oracle.history")}


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
