"""One batch into PostgreSQL: once, whole, and with every change of the table written down.

Everything happens in one transaction: the batch's identity is looked up, its columns are mapped, its rows staged, the table
migrated, the rows merged by key, the batch logged. PostgreSQL's DDL is transactional, so a load that dies leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
from psycopg import Connection, sql
from psycopg.pq import TransactionStatus

from . import log, plan
from .batch import Batch, LoadError
from .mapping import Mapping, Match, map_columns
from .plan import Answer, Plan
from .schema import Column, Schema

__all__ = ["STAGES", "Answer", "LoadError", "Loaded", "Mapper", "load"]

STAGES = ("locked", "mapped", "staged", "migrated", "merged", "logged", "committed")
EXAMPLES = 20_000  # rows of the target that are looked at, the last loaded first
Mapper = Callable[[pd.DataFrame, Schema, pd.DataFrame], Mapping]
OnStage = Callable[[str], None]


@dataclass(frozen=True)
class Loaded:
    """What became of a batch. status: loaded, already loaded, or held (nothing of it is in the table; see questions)."""

    batch: str
    status: str
    rows: int
    mapping: Mapping | None = None
    questions: tuple[Match, ...] = ()


def load(
    connection: Connection,
    frame: pd.DataFrame,
    source: str,
    target: Schema,
    answers: Sequence[Answer] = (),
    mapper: Mapper = map_columns,
    on_stage: OnStage = lambda stage: None,
) -> Loaded:
    """Load `frame`, which came from `source`, into `target`, which is made if it is not there.

    A batch is its source and its content: the same one again changes nothing. A row is its source and its key: a later
    batch replaces it, in the columns that this batch has. answers: to the questions of a load that was held.
    LoadError, with the table as it was, if the batch can't be loaded at all. The connection must not be in a transaction.
    """
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise LoadError(
            "the connection is in a transaction, whose end would decide about the batch; end it first"
        )
    batch = Batch.of(frame, source, target)
    with connection.transaction():
        log.lock(connection, target.table)
        on_stage("locked")
        log.make(connection)
        if log.has_batch(connection, batch.id):
            return Loaded(batch.id, "already loaded", 0)
        result = _load(connection, batch, target, answers, mapper, on_stage)
    on_stage("committed")
    return result


def _load(
    connection: Connection,
    batch: Batch,
    target: Schema,
    answers: Sequence[Answer],
    mapper: Mapper,
    on_stage: OnStage,
) -> Loaded:
    is_new = not log.has_table(connection, target.table)
    current = target if is_new else log.current(connection, target)
    before = None if is_new else log.mapping_of(connection, batch.source, target.table, batch.fingerprint)
    scaled = batch.scaled(before or {}, answers)
    examples = None if is_new else _examples(connection, current, batch.source)
    mapping = _first(scaled, current) if examples is None else mapper(scaled.frame, current, examples)
    made = plan.make(scaled, current, mapping, before, answers)
    if made.questions:
        log.ask(connection, batch, made.questions)
        return Loaded(batch.id, "held", 0, mapping, made.questions)
    on_stage("mapped")
    _check_key(scaled, current, made)
    _stage(connection, scaled, made)
    on_stage("staged")
    if is_new:
        _create(connection, current)
        log.created(connection, batch, current)
    _migrate(connection, scaled, current, made)
    on_stage("migrated")
    _merge(connection, batch, current, made)
    on_stage("merged")
    log.loaded(connection, scaled, target.table, made)
    on_stage("logged")
    return Loaded(batch.id, "loaded", len(batch.frame), mapping)


def _first(batch: Batch, target: Schema) -> Mapping:
    """A first batch has nothing to be compared with: its columns are those that the schema names, and all of them.

    An alias counts only where the name itself is missing, and no other alias is there.
    """
    pairs, asked = [], []
    for column in target.columns:
        found = [name for name in (column.name, *column.aliases) if name in batch.columns]
        if found and (found[0] == column.name or len(found) == 1):
            pairs.append(Match(found[0], column.name, 1.0, "the first batch"))
        else:
            why = f"several columns are it: {', '.join(found)}" if found else "the first batch lacks it"
            asked.append(Match(None, column.name, 0.0, why))
    taken = {match.source for match in pairs}
    why = "the schema lacks it, or has it already"
    asked += [Match(name, None, 0.0, why) for name in batch.columns if name not in taken]
    return Mapping(tuple(pairs), tuple(asked), ())


def _examples(connection: Connection, target: Schema, source: str) -> pd.DataFrame:
    """The rows of that source that were loaded last, as they are in the table; of a new source those of the last one.

    Other sources may use the same keys for other rows.
    """
    names = [column.name for column in target.columns]
    query = sql.SQL(
        "SELECT {columns} FROM {table} JOIN etl_batches ON batch = _batch WHERE _source ="
        " (SELECT source FROM etl_batches WHERE target = {name} ORDER BY source = {source} DESC, number DESC LIMIT 1)"
        " ORDER BY etl_batches.number DESC LIMIT {most}"
    ).format(
        columns=log.names(names),
        table=sql.Identifier(target.table),
        name=sql.Literal(target.table),
        source=sql.Literal(source),
        most=sql.Literal(EXAMPLES),
    )
    return pd.DataFrame(log.rows(connection, query), columns=names, dtype=object)


def _check_key(batch: Batch, target: Schema, made: Plan) -> None:
    if not target.key:
        raise LoadError(f"{target.table} has no key; a row of a source must have a name")
    if missing := [name for name in target.key if name not in made.pairs]:
        raise LoadError(f"no column of the batch is the key {missing[0]!r}")
    seen = set()
    for row in zip(*(made.values(batch, name) for name in target.key), strict=True):
        if None in row:
            raise LoadError(f"a row of the batch has no value in its key: {row}")
        if row in seen:
            raise LoadError(f"the key {row} is there twice in the batch")
        seen.add(row)


def _stage(connection: Connection, batch: Batch, made: Plan) -> None:
    """The batch's rows as text in a table of this transaction alone."""
    columns = list(made.taken)
    log.run(
        connection,
        sql.SQL("CREATE TEMP TABLE etl_staging ({}) ON COMMIT DROP").format(
            sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in columns)
        ),
    )
    copy = sql.SQL("COPY etl_staging ({}) FROM STDIN").format(log.names(columns))
    with connection.cursor().copy(copy) as sink:
        for row in zip(*(made.values(batch, name) for name in columns), strict=True):
            sink.write_row(row)


def _create(connection: Connection, target: Schema) -> None:
    columns = [_defined(column) for column in target.columns]
    key = log.names(["_source", *target.key])
    log.run(
        connection,
        sql.SQL("CREATE TABLE {} ({}, _source text NOT NULL, _batch text NOT NULL, PRIMARY KEY ({}))").format(
            sql.Identifier(target.table), sql.SQL(", ").join(columns), key
        ),
    )


def _defined(column: Column) -> sql.Composed:
    return sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(column.type))


def _migrate(connection: Connection, batch: Batch, target: Schema, made: Plan) -> None:
    table = sql.Identifier(target.table)
    for column in made.added:
        log.run(connection, sql.SQL("ALTER TABLE {} ADD COLUMN {}").format(table, _defined(column)))
    for name, type in made.widened.items():
        change = sql.SQL("ALTER TABLE {} ALTER COLUMN {} TYPE {}")
        log.run(connection, change.format(table, sql.Identifier(name), sql.SQL(type)))
    log.migrated(connection, batch, target, made)


def _merge(connection: Connection, batch: Batch, target: Schema, made: Plan) -> None:
    """New rows in, known ones replaced; a column that this batch does not have keeps what was there."""
    columns = list(made.taken)
    values = [sql.SQL("{}::{}").format(sql.Identifier(name), sql.SQL(made.types[name])) for name in columns]
    changed = [name for name in columns if name not in target.key]
    updates = [sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in [*changed, "_batch"]]
    statement = sql.SQL(
        "INSERT INTO {} ({}, _source, _batch) SELECT {}, {}, {} FROM etl_staging ON CONFLICT ({}) DO UPDATE SET {}"
    ).format(
        sql.Identifier(target.table),
        log.names(columns),
        sql.SQL(", ").join(values),
        sql.Literal(batch.source),
        sql.Literal(batch.id),
        log.names(["_source", *target.key]),
        sql.SQL(", ").join(updates),
    )
    log.run(connection, statement)  # without parameters: a name may contain %
