"""Columns of the account: their types in Iceberg, and how Debezium's text becomes a value of that type."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """decode: a Spark SQL expression with `{}` for the event's value as text."""

    name: str
    type: str
    decode: str = "{}"


# Types are declared, because an event without schemas does not carry them (kit/README.md).
DECLARED = (
    Column("id", "BIGINT", "CAST({} AS BIGINT)"),
    Column("owner", "STRING"),
    Column("balance", "DECIMAL(20,2)", "CAST({} AS DECIMAL(20,2))"),
    Column("rate", "DECIMAL(38,18)", "CAST({} AS DECIMAL(38,18))"),
    Column("opened_on", "DATE", "date_add(DATE'1970-01-01', CAST({} AS INT))"),
    Column("changed_at", "TIMESTAMP", "CAST({} AS TIMESTAMP)"),
    # io.debezium.time.MicroTimestamp: a time without a zone, in µs; the session's zone is UTC.
    Column("local_at", "TIMESTAMP_NTZ", "CAST(timestamp_micros(CAST({} AS BIGINT)) AS TIMESTAMP_NTZ)"),
    Column("active", "BOOLEAN", "CAST({} AS BOOLEAN)"),
    Column("note", "STRING"),
)
_BY_NAME = {column.name: column for column in DECLARED}


def column(name: str) -> Column:
    """A declared column, or text for one that the source got later."""
    return _BY_NAME.get(name, Column(name, "STRING"))


def columns(names: Iterable[str]) -> list[Column]:
    return [column(name) for name in names]


def as_text(value: object) -> str | None:
    """A JSON value as the text that `decode` takes."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
