"""A Spark stream into PostgreSQL, exactly once: a micro-batch's rows and its mark commit in one transaction.

    prepare(dsn)
    stream.writeStream.foreachBatch(to_postgres(dsn, "orders")).option("checkpointLocation", "/keep/this").start()

Spark writes a batch again whose end it has not noted. The mark, keyed by query *and* batch, tells that it is there:
batch ids begin anew with a new checkpoint, so that without the query's id new data would be taken for old.
The rows of a batch go through the driver. Needs psycopg.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

MARKS = """
CREATE TABLE IF NOT EXISTS streamed_batch (
    query text NOT NULL,
    batch bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (query, batch)
)
"""


def prepare(dsn: str) -> None:
    """Make the table of marks, if it is not there."""
    with psycopg.connect(dsn) as connection:
        connection.execute(MARKS)


def to_postgres(dsn: str, table: str) -> Callable[[DataFrame, int], None]:
    """A function for `foreachBatch` that writes to `table` (schema.name), which has columns of the stream's names."""

    def write(frame: DataFrame, batch: int) -> None:
        rows = _in_utc(frame)
        with psycopg.connect(dsn) as connection:
            write_batch(connection, query_of(frame), batch, table, frame.columns, rows)

    return write


def _in_utc(frame: DataFrame) -> list[list[Any]]:
    """The rows, computed whether they are needed or not: a query with state loses its place if a batch is left out.

    Spark gives a timestamp in this process's time zone without saying so; PostgreSQL would take it for one in its own.
    """
    moments = {place for place, one in enumerate(frame.schema) if one.dataType.typeName() == "timestamp"}
    return [
        [_utc(value) if place in moments else value for place, value in enumerate(row)]
        for row in frame.collect()
    ]


def _utc(moment: datetime | None) -> datetime | None:
    return moment and moment.astimezone(UTC)


def query_of(frame: DataFrame) -> str:
    """The id of the streaming query behind a micro-batch: the same after a restart from the same checkpoint."""
    found = frame.sparkSession.sparkContext.getLocalProperty("sql.streaming.queryId")
    if not found:
        raise ValueError("this frame is no micro-batch of a streaming query, so its batch has no id")
    return found


def write_batch(
    connection: psycopg.Connection[Any],
    query: str,
    batch: int,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> bool:
    """Write the rows within the connection's transaction, unless the batch is there; whether they were written.

    The caller commits. A second writer of the same batch waits until the first one's transaction is over.
    ValueError, before anything is written, without the id of a query.
    """
    if not query:
        raise ValueError("a query's id is needed: batch ids begin anew with each checkpoint")
    mark = "INSERT INTO streamed_batch (query, batch) VALUES (%s, %s) ON CONFLICT DO NOTHING"
    if connection.execute(mark, (query, batch)).rowcount == 0:
        return False
    copy(connection, table, columns, rows)
    return True


def copy(
    connection: psycopg.Connection[Any], table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Append rows by COPY; names as they are, whatever is in them, but for a point between schema and table."""
    target = sql.Identifier(*table.split("."))
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    with connection.cursor().copy(sql.SQL("COPY {} ({}) FROM STDIN").format(target, names)) as into:
        for row in rows:
            into.write_row(tuple(row))
