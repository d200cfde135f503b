"""A source's deliveries into one table: each once, all of them again, one from another source."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
import psycopg
from psycopg.rows import dict_row

from lab.experiments.etl_drift import oracle
from lab.experiments.etl_drift.measure.mapped import mapper_of
from lab.experiments.etl_drift.measure.seen import Story
from lab.experiments.etl_drift.mechanism import Loaded, LoadError, Schema
from lab.experiments.etl_drift.params import Params
from lab.experiments.etl_drift.workload import batches, flights
from lab.experiments.etl_drift.workload.arms import Arm
from lab.experiments.etl_drift.workload.batches import Step

BOOKKEEPING = ("_source", "_batch")
COLUMNS = ["change", "first", "status", "accepted", "asked", "unmapped", "columns", "seconds", "said"]
LOG = [
    "number",
    "batch",
    "source",
    "change",
    "column_name",
    "was",
    "becomes",
    "confidence",
    "reason",
    "decided_by",
]


@contextmanager
def own_schema(dsn: str) -> Iterator[tuple[psycopg.Connection, str]]:
    """A connection in a schema of its own, which goes at the end."""
    schema = f"etl_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute(f"SET search_path = {schema}")
        try:
            yield connection, schema
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


def story(
    params: Params, dsn: str, full: pd.DataFrame, columns: list[str], arm: Arm, only: Sequence[str] = ()
) -> Story:
    """All deliveries, or those `only` that are named; then each again in another order; then the first of another source."""
    steps = [
        step
        for step in batches.steps(full, columns, params.rows, params.shared)
        if not only or step.change in only
    ]
    target = flights.schema(steps[0].frame)
    with own_schema(dsn) as (connection, _):
        names: dict[str, str] = {}
        told = [_deliver(connection, target, step, params, arm, names) for step in steps]
        before = rows(connection, target.table)
        lost = _compared(oracle.replay([step.sent for step in steps], flights.KEY), before)
        order = random.Random(params.seed).sample(range(len(steps)), len(steps))
        for place in order:
            _deliver(connection, target, steps[place], params, arm, names)
        rerun = _compared(before, rows(connection, target.table))
        other = batches.again(steps[0])
        _deliver(connection, target, other, params, arm, names)
        missing = _missing(other, rows(connection, target.table))
        log, made = _log(connection), columns_of(connection, target.table)
    table = pd.DataFrame(told, columns=COLUMNS)
    replayed = oracle.columns_by_log(
        log[["change", "column_name", "becomes"]].itertuples(index=False, name=None)
    )
    log = log[log["source"] == batches.SOURCE].assign(delivery=log["batch"].map(names))
    return Story(table, lost, rerun, missing, log, (made, replayed))


def rows(connection: psycopg.Connection, table: str) -> list[dict[str, Any]]:
    """All rows, by column; none if there is no table."""
    if not columns_of(connection, table):
        return []
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(f"SELECT * FROM {table}").fetchall()


def columns_of(connection: psycopg.Connection, table: str) -> dict[str, str]:
    found = connection.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
        (table,),
    ).fetchall()
    return {name: type for name, type in found if name not in BOOKKEEPING}


def _deliver(
    connection: psycopg.Connection,
    target: Schema,
    step: Step,
    params: Params,
    arm: Arm,
    names: dict[str, str],
) -> tuple[Any, ...]:
    """The load as it is first answered, and with what a person or the reader's code does where it asks.

    names: of the deliveries by their batches; is added to.
    """
    begin = time.monotonic()
    mapper = mapper_of(params, arm.mapper)
    first = said = ""
    done: Loaded | None = None
    try:
        done = arm.load(connection, step.frame, step.sent.source, target, (), mapper)
        first, mapping = done.status, done.mapping
        names[done.batch] = step.change
        if done.status == "held":
            said = "; ".join(f"{item.target or item.source}: {item.reason}" for item in done.questions)
            frame = step.prepare(step.frame) if step.prepare else step.frame
            done = arm.load(connection, frame, step.sent.source, target, step.answers, mapper)
        status = done.status
        names[done.batch] = step.change
    except (LoadError, psycopg.Error) as error:
        first, status, mapping, said = first or "refused", "refused", None, str(error).splitlines()[0]
    counts = [len(mapping.accepted), len(mapping.asked), len(mapping.unmapped)] if mapping else [0, 0, 0]
    width = len(columns_of(connection, target.table))
    return (step.change, first, status, *counts, width, time.monotonic() - begin, said)


def _compared(expected: Sequence[dict[str, Any]], found: Sequence[dict[str, Any]]) -> oracle.Difference:
    names = sorted({name for row in (*expected, *found[:1]) for name in row} - {"_batch"})
    return oracle.difference(expected, found, names)


def _missing(step: Step, found: Sequence[dict[str, Any]]) -> int:
    own = [row for row in found if row["_source"] == step.sent.source]
    expected = [{**row, "_source": step.sent.source} for row in step.sent.rows]
    return oracle.difference(expected, own, [*step.sent.rows[0], "_source"]).rows


def _log(connection: psycopg.Connection) -> pd.DataFrame:
    if not columns_of(connection, "etl_migrations"):
        return pd.DataFrame(columns=LOG)
    found = connection.execute(f"SELECT {', '.join(LOG)} FROM etl_migrations ORDER BY number").fetchall()
    return pd.DataFrame(found, columns=LOG)
