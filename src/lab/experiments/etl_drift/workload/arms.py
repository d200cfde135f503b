"""The mechanism, and what is done without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from psycopg import Connection, sql

from lab.experiments.etl_drift.criteria import INSERT, NAMES, POSITION
from lab.experiments.etl_drift.mechanism import Loaded, Mapper, Mapping, Match, Schema, load, map_columns

Load = Callable[..., Loaded]  # (connection, frame, source, target, answers, mapper) -> Loaded


@dataclass(frozen=True)
class Arm:
    """A way to map columns, (source, target, examples) -> Mapping, and a way to load."""

    name: str
    mapper: Mapper = map_columns
    load: Load = load


def by_position(source: pd.DataFrame, target: Schema, examples: pd.DataFrame) -> Mapping:
    """The n-th column is the n-th; what is more is new, what is missing is gone."""
    names = [column.name for column in target.columns]
    return _mapping(dict(zip(map(str, source.columns), names, strict=False)), source, names, "same place")


def by_exact_name(source: pd.DataFrame, target: Schema, examples: pd.DataFrame) -> Mapping:
    """A column of the same name is the same; every other one is new, or gone."""
    names = [column.name for column in target.columns]
    pairs = {str(name): str(name) for name in source.columns if name in names}
    return _mapping(pairs, source, names, "same name")


def _mapping(pairs: dict[str, str], source: pd.DataFrame, targets: list[str], reason: str) -> Mapping:
    new = [Match(str(name), None, 1.0, "new") for name in source.columns if str(name) not in pairs]
    gone = [Match(None, name, 1.0, "gone") for name in targets if name not in pairs.values()]
    accepted = tuple(Match(name, target, 1.0, reason) for name, target in pairs.items())
    return Mapping(accepted, (), (*new, *gone))


def insert_only(
    connection: Connection, frame: pd.DataFrame, source: str, target: Schema, *rest: Any
) -> Loaded:
    """Rows by column name into a table without a key: no batch is known again."""
    names = [column.name for column in target.columns]
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    defined = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(column.type))
        for column in target.columns
    )
    table = sql.Identifier(target.table)
    with connection.transaction():
        connection.execute(sql.SQL("CREATE TABLE IF NOT EXISTS {} ({}, _source text)").format(table, defined))
        with connection.cursor().copy(
            sql.SQL("COPY {} ({}, _source) FROM STDIN").format(table, columns)
        ) as sink:
            for row in frame[names].convert_dtypes().astype(object).itertuples(index=False, name=None):
                sink.write_row((*row, source))
    return Loaded("", "loaded", len(frame))


def position() -> Arm:
    return Arm(POSITION, by_position)


def insert() -> Arm:
    return Arm(INSERT, by_exact_name, insert_only)


def names() -> Arm:
    return Arm(NAMES, by_exact_name)
