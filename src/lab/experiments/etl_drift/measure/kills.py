"""A load that is killed at each of its stages, by SIGKILL to its process; then the same load again."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from functools import partial
from typing import Any

import pandas as pd
import psycopg

from lab.experiments.etl_drift import oracle
from lab.experiments.etl_drift.measure.loads import own_schema, rows
from lab.experiments.etl_drift.mechanism import STAGES, Schema, load, map_columns
from lab.experiments.etl_drift.params import Params
from lab.experiments.etl_drift.workload import batches, flights
from lab.services.workers import Worker, WorkerError, spawn

ENDS_S = 120
COLUMNS = ["stage", "killed", "then", "again"]


def kills(params: Params, dsn: str, full: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """By stage: whether the process died by the signal, what the table then held, and what it holds after another load.

    then, again: before (the first batch alone), after (both), or neither.
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
        workers = {}
        for stage, (connection, schema) in places.items():
            load(connection, first.frame, batches.SOURCE, target)
            workers[stage] = spawn(load_and_die, dsn, schema, batch.frame, target, params.threshold, stage)
        found = []
        for stage, (connection, _) in places.items():
            killed = _died(workers[stage])
            then = _state(connection, target, states, names)
            load(connection, batch.frame, batches.SOURCE, target, mapper=mapper)
            found.append((stage, killed, then, _state(connection, target, states, names)))
    return pd.DataFrame(found, columns=COLUMNS)


def load_and_die(
    dsn: str, schema: str, frame: pd.DataFrame, target: Schema, threshold: float, stage: str
) -> None:
    """In a process of its own: load, and be killed when `stage` has been reached."""

    def at(reached: str) -> None:
        if reached == stage:
            os.kill(os.getpid(), signal.SIGKILL)

    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"SET search_path = {schema}")
        mapper = partial(map_columns, threshold=threshold)
        load(connection, frame, batches.SOURCE, target, mapper=mapper, on_stage=at)


def _died(worker: Worker) -> bool:
    try:
        worker.join(ENDS_S)
    except WorkerError as error:
        return f"status {-signal.SIGKILL}" in str(error)
    return False


def _state(
    connection: psycopg.Connection, target: Schema, states: dict[str, list[dict[str, Any]]], names: list[str]
) -> str:
    # The server rolls a dead client's transaction back when it sees the closed socket; until then it holds the lock.
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (target.table,))
    there = rows(connection, target.table)
    return next(
        (name for name, expected in states.items() if not oracle.difference(expected, there, names).rows),
        "neither",
    )
