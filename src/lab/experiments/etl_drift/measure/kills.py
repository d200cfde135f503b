"""A load that is killed at each of its stages, by SIGKILL to its process; then the same load again."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg

from lab.experiments.etl_drift import oracle
from lab.experiments.etl_drift.measure.loads import own_schema, rows
from lab.experiments.etl_drift.mechanism import STAGES, Schema, load, map_columns
from lab.experiments.etl_drift.params import Params
from lab.experiments.etl_drift.workload import batches, flights
from lab.services.workers import spawn

ENDS_S = 120
COLUMNS = ["stage", "killed", "then", "again"]
Rows = list[dict[str, Any]]


def kills(params: Params, dsn: str, full: pd.DataFrame, columns: list[str], folder: Path) -> pd.DataFrame:
    """By stage: whether the process died by the signal, what the table then held, and what it holds after another load.

    then, again: before (the first batch alone), after (both), or neither. folder: for what the processes report.
    """
    first, second = batches.steps(full, columns, params.rows, params.shared)[:2]
    batch, target = batches.drifted(second, params.shared), flights.schema(first.frame)
    states = {
        "before": oracle.replay([first.sent], flights.KEY),
        "after": oracle.replay([first.sent, batch.sent], flights.KEY),
    }
    names = ["_source", *batch.sent.rows[0]]
    mapper = partial(map_columns, threshold=params.threshold)
    with ExitStack() as stack:
        places = {stage: stack.enter_context(own_schema(dsn)) for stage in STAGES}
        for connection, _ in places.values():
            load(connection, first.frame, batches.SOURCE, target)
        schemas = {stage: schema for stage, (_, schema) in places.items()}
        report = folder / "signals.json"
        spawn(load_and_die_at_each, dsn, schemas, batch.frame, target, mapper, report).join(ENDS_S)
        signals = json.loads(report.read_text())
        found = []
        for stage, (connection, _) in places.items():
            then = _state(connection, target, states, names)
            load(connection, batch.frame, batches.SOURCE, target, mapper=mapper)
            again = _state(connection, target, states, names)
            found.append((stage, signals[stage] == signal.SIGKILL, then, again))
    return pd.DataFrame(found, columns=COLUMNS)


def load_and_die_at_each(
    dsn: str,
    schemas: Mapping[str, str],
    frame: pd.DataFrame,
    target: Schema,
    mapper: partial[Any],
    report: Path,
) -> None:
    """In a process of its own: a child for each stage loads, and dies when it is there. report: by stage the signal it died of.

    A child is a fork, because a fresh interpreter for each would take seconds.
    """
    signals = {}
    for stage, schema in schemas.items():
        child = os.fork()
        if not child:
            try:
                _load_and_die(dsn, schema, frame, target, mapper, stage)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        signals[stage] = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    report.write_text(json.dumps(signals))


def _load_and_die(
    dsn: str, schema: str, frame: pd.DataFrame, target: Schema, mapper: partial[Any], stage: str
) -> None:
    def at(reached: str) -> None:
        if reached == stage:
            os.kill(os.getpid(), signal.SIGKILL)

    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"SET search_path = {schema}")
        load(connection, frame, batches.SOURCE, target, mapper=mapper, on_stage=at)


def _state(
    connection: psycopg.Connection, target: Schema, states: Mapping[str, Rows], names: list[str]
) -> str:
    # The server rolls a dead client's transaction back when it sees the closed socket; until then it holds the lock.
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (target.table,))
    there = rows(connection, target.table)
    return next(
        (name for name, expected in states.items() if not oracle.difference(expected, there, names).rows),
        "neither",
    )
