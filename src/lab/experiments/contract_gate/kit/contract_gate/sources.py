"""Where data are: Parquet and CSV files, a DuckDB file, PostgreSQL; behind the few questions that rules ask.

Queries of a contract run on read-only connections that reach nothing but the data: a contract may come from anybody.
"""

from __future__ import annotations

import re
from typing import Any, Protocol

Types = dict[str, str]  # of a table's columns, as its engine names them
TYPE_NAME = re.compile(r"[\w ,()\[\]]+")  # what a declared type may consist of


class DataError(ValueError):
    """Data that can't be judged at all, such as a folder that is not there. The words say which."""


class Source(Protocol):
    """exact: whether names are told apart by capitals. raw: tables whose values are all text, as in CSV, as SQL."""

    exact: bool
    raw: dict[str, str]

    def columns(self, table: str) -> Types | str:
        """Types by column; or why the table can't be read, in words."""

    def row(self, query: str) -> tuple[Any, ...]:
        """The first row. ContractError with the engine's words if the query can't be run."""

    def canonical(self, type_: str) -> str | None:
        """A type as the engine itself names it; None if it has no such type."""

    def matches(self, value: str, pattern: str) -> str:
        """SQL: whether the pattern is found in a text."""


def quoted(name: str) -> str:
    """A name as SQL takes it literally."""
    return '"' + name.replace('"', '""') + '"'


def relation(table: str) -> str:
    """A table's name; of SCHEMA.TABLE each part by itself."""
    return ".".join(map(quoted, table.split(".")))


def literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
