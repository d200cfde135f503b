"""Systematic changes of a source: every column with every change that applies to it, breaking or benign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab.experiments.dbt_contracts.workload.column_changes import (
    OFFSET,
    SMALL_OFFSET,
    Placed,
    alter,
    of_column,
)
from lab.experiments.dbt_contracts.workload.source_schema import Column, Table, quoted

SCHEMA = ("drop", "rename", "type")  # what names and types alone tell
RULES = (
    "null",
    "duplicate",
    "orphan",
    "out of range",
    "new category",
)  # of values, as the source promises them
MEANING = ("time zone", "truncation", "re-encoding")  # of which no promise says a word
BENIGN = ("new column", "other order", "wider type", "more rows", "null allowed")


def group_of(kind: str) -> tuple[str, ...]:
    """The group of changes that a kind belongs to."""
    return next(group for group in (SCHEMA, RULES, MEANING, BENIGN) if kind in group)


@dataclass(frozen=True)
class Mutant:
    """One change. column: "" where it concerns the whole table; table: "" where it concerns them all.

    benign: nobody who keeps to what was agreed may be stopped by it. statements: SQL for PostgreSQL and DuckDB alike.
    """

    kind: str
    table: str
    column: str
    variant: str
    benign: bool
    statements: tuple[str, ...]

    @property
    def name(self) -> str:
        where = ".".join(part for part in (self.table, self.column) if part) or "all tables"
        return f"{where}: {self.kind}" + (f", {self.variant}" if self.variant else "")


def mutants(source_schema: Sequence[Table], schema: str = "public") -> list[Mutant]:
    """All of a source's mutants, those of each column together. schema: where its tables are.

    A change of values hits one row, or all where that is its nature. It may leave some data as they are, such as text
    that re-encoding does not touch; only the data tell. The statements expect the session's time zone to be UTC.
    """
    placed = [Placed(table.name, table.columns, schema) for table in source_schema]
    made = [mutant for table in placed for mutant in _of_table(table)]
    return [*made, _more_rows(placed)] if placed else []


def _of_table(table: Placed) -> Iterator[Mutant]:
    for column in table.columns:
        for kind, variant, *statements in of_column(table, column):
            yield Mutant(kind, table.name, column.name, variant, kind in BENIGN, tuple(statements))
    yield Mutant("new column", table.name, "", "", True, (alter(table, "ADD COLUMN added_later text"),))
    yield _other_order(table)


def _other_order(table: Placed) -> Mutant:
    columns = ", ".join(quoted(column.name) for column in reversed(table.columns))
    other = quoted(table.schema, table.name + "_other")
    statements = (
        f"CREATE TABLE {other} AS SELECT {columns} FROM {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE {other} RENAME TO {quoted(table.name)}",
    )
    return Mutant("other order", table.name, "", "", True, statements)


def _more_rows(tables: Sequence[Placed]) -> Mutant:
    """Every row once more under keys of its own, references with them."""
    keys = [column for table in tables for column in table.columns if column.unique or column.references]
    offset = SMALL_OFFSET if any(column.type == "smallint" for column in keys) else OFFSET
    statements = [
        f"INSERT INTO {table} SELECT {', '.join(_shifted(column, offset) for column in table.columns)} FROM {table}"
        for table in tables
    ]
    return Mutant("more rows", "", "", "", True, tuple(statements))


def _shifted(column: Column, offset: int) -> str:
    name = quoted(column.name)
    if not column.unique and not column.references:
        return name
    return {"integer": f"{name} + {offset}", "text": f"'n' || {name}"}.get(column.family, name)
