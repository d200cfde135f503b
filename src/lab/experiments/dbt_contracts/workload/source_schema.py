"""What a source promises of its tables, column by column: all that mutants are derived from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Names that PostgreSQL and DuckDB both understand.
_TYPES = re.compile(
    r"(smallint|integer|bigint|boolean|date|text|double precision|varchar\(\d+\)|numeric\(\d+, ?\d+\)|timestamptz)"
)


@dataclass(frozen=True)
class Column:
    """One column. ValueError for a type that mutants can't be made of.

    type: smallint, integer, bigint, numeric(P, S), double precision, boolean, date, timestamptz, text or varchar(N).
    unique: no value comes twice; references: (table, column) where each value is found. low, high: SQL literals, between
    which values lie; values: all that there are.
    """

    name: str
    type: str
    nullable: bool = False
    unique: bool = False
    references: tuple[str, str] | None = None
    low: str | None = None
    high: str | None = None
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _TYPES.fullmatch(self.type):
            raise ValueError(f"column {self.name!r}: no mutants are known of type {self.type!r}")
        if self.values and self.family not in ("text", "integer"):
            raise ValueError(f"column {self.name!r}: only texts and integers have a list of values")
        if (self.low or self.high) and self.family in ("text", "boolean"):
            raise ValueError(f"column {self.name!r}: of type {self.type}, which has no range")

    @property
    def longest(self) -> int | None:
        """Letters that a varchar holds; None for any number."""
        found = re.fullmatch(r"varchar\((\d+)\)", self.type)
        return int(found[1]) if found else None

    @property
    def family(self) -> str:
        """integer, numeric, text, or the type's own name."""
        base = self.type.split("(")[0]
        return {"smallint": "integer", "bigint": "integer", "varchar": "text"}.get(base, base)


@dataclass(frozen=True)
class Table:
    """A table. Its first column is its key: unique and never null. ValueError if that, or a name, is not so."""

    name: str
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError(f"table {self.name!r} has a column twice")
        if not self.columns or not self.key.unique or self.key.nullable:
            raise ValueError(f"the first column of table {self.name!r} must be its key: unique, never null")

    @property
    def key(self) -> Column:
        return self.columns[0]

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def table(schema: Sequence[Table], name: str) -> Table:
    """The table called `name`; KeyError if there is none."""
    for item in schema:
        if item.name == name:
            return item
    raise KeyError(name)


def quoted(*names: str) -> str:
    """An identifier, with its schema where two names are given, for PostgreSQL and DuckDB."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
