"""SIGKILL at a chosen moment of the work, and the way back."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psutil

from lab.errors import ServiceError
from lab.experiments.cdc_lakehouse import oracle
from lab.experiments.cdc_lakehouse.kit.sink.follow import COMMITTING, MERGING
from lab.experiments.cdc_lakehouse.kit.sink.position import PROPERTY
from lab.experiments.cdc_lakehouse.measure.pipeline import Pipeline
from lab.experiments.cdc_lakehouse.params import Fault
from lab.experiments.cdc_lakehouse.workload.source import TABLE, TRANSACTIONS
from lab.experiments.cdc_lakehouse.workload.writers import logged
from lab.services.connect import Connect

FOLLOWING = 3  # snapshots before the next kill: the first ends the outage, the others follow it
_DOWN_S = 1.0  # a killed Connect worker is started again after so long
_INTO_S = 0.15  # from the begin of a batch to the kill
_MOMENT_S, _FROZEN_S = 0.1, 1.0  # how long the driver goes on, and how long it is frozen, in turn
_LOOK_S = 0.5
_TRIES = 3
_ROOM_S = 3.0  # another kill needs so much of the load before it
_LATE_S = 40.0  # behind the end of the load nothing new comes; who is not back by then had nothing to do, or is lost
NEVER = float("nan")


@dataclass(frozen=True)
class Injected:
    """A process that was killed. times: s since the epoch.

    back: when the catalog got its successor's first snapshot, or Kafka its first transaction; not a number if never.
    hit: whether the kill fell into the window that it was meant for.
    """

    fault: Fault
    at: float
    back: float
    hit: bool


def until_hit(fault: Fault, own: Pipeline, over: float) -> list[Injected]:
    """Kill until it hit its window, three times at most, and only while load is on, until `over`."""
    found: list[Injected] = []
    while len(found) < _TRIES and time.time() < over - _ROOM_S and not (found and found[-1].hit):
        found.append(_KILLS[fault](own, over))
        if fault != "connect":
            _await_snapshots(own, found[-1].at, FOLLOWING, over)
    return found


def connect_at_work(own: Pipeline, over: float) -> Injected:
    """Kill the Connect worker while committed changes are on their way, start it again."""
    alive = _kill(own.connect)
    at = time.time()
    delivered = oracle.committed(own.broker.bootstrap, TRANSACTIONS)
    told, changing = {one.xid for one in delivered}, oracle.changing(own.database.dsn)
    hit = any(
        one.acknowledged < alive and one.xid in changing and one.xid not in told
        for one in logged(own.writer_logs())
    )
    time.sleep(_DOWN_S)
    own.connect.node.start()
    # Its status may only repeat what the killed one had stated: work is a transaction that was not there.
    return Injected("connect", at, _await_end(own, delivered[-1].offset + 1, over + _LATE_S), hit)


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


def _await_end(own: Pipeline, begin: int, until: float) -> float:
    """When a transaction was delivered at `begin` or behind it; not a number if none is, restarts included."""
    while not oracle.committed(own.broker.bootstrap, TRANSACTIONS, begin):
        if time.time() > until or own.mend():
            return NEVER
        time.sleep(0.1)
    return time.time()


def spark_in_batch(own: Pipeline, over: float) -> Injected:
    """Kill the driver, Python and JVM, after it took its changes and before they are committed; another takes over."""
    begun = own.await_stage(MERGING, COMMITTING, timeout_s=max(0.0, over - time.time()))
    began = time.time()
    time.sleep(_INTO_S)
    own.sink.kill()
    at = time.time()
    hit = begun and all(one.at < began for one in oracle.snapshots(own.catalog.uri, TABLE))
    return Injected("spark_batch", at, _back(own, at, over), hit)


def spark_unheard(own: Pipeline, over: float) -> Injected:
    """Kill the driver after the catalog has its commit and before it has heard of it; another takes over.

    So that the moment is met, the driver's Python is frozen (SIGSTOP) while its JVM commits.
    """
    begun = own.await_stage(COMMITTING, timeout_s=max(0.0, over - time.time()))
    known = {one.id for one in oracle.snapshots(own.catalog.uri, TABLE)}
    fresh = _frozen_at_commit(own, known) if begun else None
    own.sink.kill()
    at = time.time()
    heard = {one["position"] for one in own.desk.batches(own.job.table)}
    hit = fresh is not None and fresh.summary.get(PROPERTY) not in heard
    return Injected("spark_commit", at, _back(own, at, over), hit)


def _frozen_at_commit(own: Pipeline, known: set[int], timeout_s: float = 20) -> oracle.Snapshot | None:
    """Freeze the driver's Python until the catalog has a snapshot that is not among `known`; it stays frozen then.

    On a busy machine it may be frozen before its JVM got the MERGE: it is let go on for a moment, and frozen again.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        time.sleep(_MOMENT_S)
        _freeze(own.sink.pid)
        until = time.monotonic() + _FROZEN_S
        while time.monotonic() < until:
            for one in oracle.snapshots(own.catalog.uri, TABLE):
                if one.id not in known:
                    return one
            time.sleep(0.02)
        os.kill(own.sink.pid, signal.SIGCONT)
    return None


def _freeze(pid: int) -> None:
    """SIGSTOP, and wait until it has taken hold: on a busy machine the process is first given a processor once more."""
    os.kill(pid, signal.SIGSTOP)
    until = time.monotonic() + _FROZEN_S
    while psutil.Process(pid).status() != psutil.STATUS_STOPPED and time.monotonic() < until:
        time.sleep(0.002)


def _back(own: Pipeline, killed: float, over: float) -> float:
    own.replace_sink()
    return _await_snapshots(own, killed, 1, over + _LATE_S)


def _await_snapshots(own: Pipeline, since: float, count: int, until: float) -> float:
    """When the catalog got the `count`-th snapshot after `since`; not a number if it did not by `until`."""
    while time.time() < until and not own.halted:
        later = sorted(
            one.at
            for one in oracle.snapshots(own.catalog.uri, TABLE)
            if one.at > since and PROPERTY in one.summary
        )
        if len(later) >= count:
            return later[count - 1]
        own.sink.check()
        time.sleep(_LOOK_S)
    return NEVER


_KILLS: Mapping[Fault, Callable[[Pipeline, float], Injected]] = {
    "spark_batch": spark_in_batch,
    "spark_commit": spark_unheard,
    "connect": connect_at_work,
}
