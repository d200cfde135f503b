"""Every run with its fault, all of a round at the same time; then what was published, and what Airflow kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field

import psycopg

from lab.experiments.airflow_failures import oracle
from lab.experiments.airflow_failures.kit.harness import faults
from lab.experiments.airflow_failures.kit.harness.api import ENDED
from lab.experiments.airflow_failures.kit.harness.play import Played, play
from lab.experiments.airflow_failures.measure.board import Board, board
from lab.experiments.airflow_failures.measure.seen import Call, Ran, Seen
from lab.experiments.airflow_failures.measure.stand import Stand, Warehouse
from lab.experiments.airflow_failures.params import Params
from lab.experiments.airflow_failures.workload import (
    HOLE,
    KILLS,
    OUTAGES,
    QUIET,
    STORM,
    TRUNCATED,
    Shot,
    made,
    shots,
)
from lab.faults.process import crash, hang
from lab.services import http

INTO_S = 0.5  # from the first rows on their way to the fault
LAST_ALERT_S = 2.5  # after the last run has ended
_LOADING = (
    "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND query LIKE 'INSERT INTO orders_staging%%'"
)


def measure(params: Params, up: Stand, told: Callable[[str], None]) -> Seen:
    """All rounds. told: hears which one begins."""
    with board(up.airflow.metadata) as seen:
        played: list[tuple[Shot, Played, float]] = []
        for number, chosen in enumerate(shots(params), start=1):
            told(f"round {number}: {len(chosen)} runs")
            with ThreadPoolExecutor(len(chosen)) as pool:
                played += pool.map(lambda shot: _Player(params, up, seen, shot).play(), chosen)
        time.sleep(LAST_ALERT_S)
        runs = [_ran(params, up, seen, *each) for each in played]
    return Seen(runs, up.receiver.deliveries(), _calls(up.source), up.start_s, up.versions)


def _ran(params: Params, up: Stand, seen: Board, shot: Shot, played: Played, heartbeat_s: float) -> Ran:
    with psycopg.connect(up.warehouses[shot.warehouse].dsn) as connection:
        published = connection.execute(
            "SELECT order_id, customer, to_char(amount, 'FM9999999990.00') FROM orders_published WHERE batch = %s",
            (shot.batch,),
        ).fetchall()
        dead = connection.execute(
            "SELECT count(*) FROM dead_letter WHERE batch = %s", (shot.batch,)
        ).fetchone()
    apart = oracle.difference(made(params, shot), published)
    return Ran(shot, played, apart, len(published), dead[0] if dead else 0, seen.tries(shot.run), heartbeat_s)


def _calls(source: str) -> list[Call]:
    return [Call(**each) for each in http.call("GET", f"{source}/calls")]


@dataclass
class _Player:
    """One run and what happens to it."""

    params: Params
    up: Stand
    seen: Board
    shot: Shot
    heartbeat_s: float = float("nan")
    since: list[float] = field(default_factory=list)

    def play(self) -> tuple[Shot, Played, float]:
        played = play(self._begin, self._due, self._fault, self._hold, self._state, self.params.patience_s)
        return self.shot, played, self.heartbeat_s

    def _begin(self) -> None:
        spoilt = {STORM: "unavailable", TRUNCATED: "truncated"}.get(self.shot.fault)
        if spoilt:
            faults.spoil(self.up.source, self.shot.batch, spoilt)
        self.up.airflow.trigger(self.shot.dag, self.shot.run, self.shot.conf, self.shot.logical_date)

    def _state(self) -> str:
        return self.seen.state(self.shot.run)

    def _due(self) -> float | None:
        """At the first call of a source that is spoilt; else when a load has been sending rows for a while."""
        if self.shot.fault == QUIET:
            return time.time()
        if self.shot.fault in (STORM, TRUNCATED):
            own = [call.at for call in _calls(self.up.source) if call.batch == self.shot.batch]
            return min(own, default=None)
        load = self.seen.loads.get(self.shot.run)
        if not self.since and load and load.state == "running" and self._loading():
            self.since.append(time.time())
        return time.time() if self.since and time.time() > self.since[0] + INTO_S else None

    def _loading(self) -> bool:
        with psycopg.connect(self._warehouse.dsn, connect_timeout=5) as connection:
            found = connection.execute(_LOADING, (f"load {self.shot.batch}",)).fetchone()
        return found is not None

    @property
    def _warehouse(self) -> Warehouse:
        return self.up.warehouses[self.shot.warehouse]

    def _fault(self) -> AbstractContextManager[object]:
        name = self.shot.fault
        if name in OUTAGES:
            return (hang if name == OUTAGES[0] else crash)(self._warehouse.node)
        if name == HOLE:
            return faults.black_hole(self._warehouse.link.proxy)
        if name == STORM:
            return self._healed_source()
        return self._killed(KILLS[name]) if name in KILLS else nullcontext()

    @contextmanager
    def _killed(self, supervisor: bool) -> Iterator[None]:
        load = self.seen.loads[self.shot.run]
        self.heartbeat_s = time.time() - load.heartbeat_at
        if faults.kill_task(load.id, supervisor) < 1 + supervisor:
            raise RuntimeError(f"{self.shot.run}: no process of its load was found")
        yield

    @contextmanager
    def _healed_source(self) -> Iterator[None]:
        with ExitStack() as stack:
            stack.callback(faults.spoil, self.up.source, self.shot.batch, "")
            yield

    def _hold(self) -> None:
        if self.shot.fault in (*OUTAGES, HOLE):
            time.sleep(self.params.outage_s)
        elif self.shot.fault == STORM and self.shot.guarded:
            time.sleep(self.params.storm_s)
        elif self.shot.fault == STORM:  # until it has given up, so that all of its layers are seen
            deadline = time.monotonic() + self.params.patience_s
            while self._state() not in ENDED and time.monotonic() < deadline:
                time.sleep(0.1)
