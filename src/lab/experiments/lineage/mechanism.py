"""What is under test; a reader takes it home as the kit's folder `lineage`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.experiments.lineage.kit.lineage import closure, store
from lab.experiments.lineage.kit.lineage.app import DATABASE, create_app
from lab.experiments.lineage.kit.lineage.capture import Recorder
from lab.experiments.lineage.kit.lineage.coverage import Coverage, coverage
from lab.experiments.lineage.kit.lineage.flow import (
    Flow,
    Relation,
    UnreadableSQLError,
    declared,
    source,
    table_and_column,
)

if TYPE_CHECKING:
    from lab.experiments.lineage.kit.lineage.sql import Schema

__all__ = [
    "DATABASE",
    "Coverage",
    "Flow",
    "Recorder",
    "Relation",
    "UnreadableSQLError",
    "closure",
    "column_lineage",
    "coverage",
    "create_app",
    "declared",
    "influences",
    "source",
    "statement",
    "store",
    "table_and_column",
]


def column_lineage(sql: str, schema: Schema | None, dialect: str) -> dict[str, set[str]]:
    """The direct sources of each column that `sql` gives: {"target": {"table.column"}}.

    sql: one SELECT, CREATE TABLE or VIEW ... AS, or INSERT ... SELECT. schema: {"table": columns}, a table named
    "table", "schema.table" or "database.schema.table"; None if unknown, which is enough where every column is
    qualified and no star is left. dialect: as sqlglot names it ("duckdb", "postgres", "snowflake", ...).
    An empty set means that no column's value goes in, as in COUNT(*). UnreadableSQLError, which names the reason, if
    a source can't be told: never an empty answer.
    """
    # sqlglot comes with this experiment's set-up.
    from lab.experiments.lineage.kit.lineage import sql as kit

    return kit.column_lineage(sql, schema, dialect)


def influences(sql: str, schema: Schema | None, dialect: str) -> dict[str, Flow]:
    """As `column_lineage`, with indirect sources and the tables whose rows count, in OpenLineage's terms."""
    from lab.experiments.lineage.kit.lineage import sql as kit

    return kit.influences(sql, schema, dialect)


def statement(sql: str, schema: Schema | None, dialect: str) -> Relation:
    """The same with the influences on rows told once, apart from each column's own: what an event carries."""
    from lab.experiments.lineage.kit.lineage import sql as kit

    return kit.statement(sql, schema, dialect)
