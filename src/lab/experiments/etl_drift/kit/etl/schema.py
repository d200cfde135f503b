"""The table that is loaded: its columns, their PostgreSQL types, its key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .values import TYPES, pandas_columns, type_of

LONGEST = 63  # bytes of a name; PostgreSQL cuts off what is longer
OWN_TABLES = ("etl_batches", "etl_migrations", "etl_staging")
OWN_COLUMNS = ("_source", "_batch")
_SYSTEM = ("tableoid", "xmin", "cmin", "xmax", "cmax", "ctid")  # columns that every table of PostgreSQL has


class SchemaError(ValueError):
    """A schema, or the columns of a table, that can't be used; says why."""


@dataclass(frozen=True)
class Column:
    """A column of the target. type: one of TYPES. aliases: names under which it may come as well."""

    name: str
    type: str = "text"
    key: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schema:
    """The target. The columns with `key` name a row of one source; SchemaError if anything can't be so."""

    table: str
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        for name in (self.table, *names):
            check_name(name)
        if not names:
            raise SchemaError(f"{self.table} has no column")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise SchemaError(f"two columns of {self.table} are called {twice[0]!r}")
        if self.table in OWN_TABLES:
            raise SchemaError(f"{self.table!r} is the loader's own table; name yours otherwise")
        aliases = [alias for column in self.columns for alias in column.aliases]
        if twice := sorted({alias for alias in aliases if aliases.count(alias) > 1 or alias in names}):
            raise SchemaError(f"{twice[0]!r} is an alias of one column and names another one too")
        for column in self.columns:
            if column.type not in TYPES:
                raise SchemaError(f"{column.name!r} has type {column.type!r}; known are {', '.join(TYPES)}")

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)

    def named(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @classmethod
    def of(cls, frame, table: str, key: tuple[str, ...]) -> Schema:  # type: ignore[no-untyped-def]
        """The schema that a first batch has: types as its values need them. SchemaError for a key that is not there."""
        columns = pandas_columns(frame)
        if missing := [name for name in key if name not in columns]:
            raise SchemaError(f"no column {missing[0]!r} for the key")
        return cls(
            table, tuple(Column(name, type_of(column), name in key) for name, column in columns.items())
        )

    @classmethod
    def read(cls, path: Path) -> Schema:
        """From JSON: {"table": ..., "columns": [{"name": ..., "type": ..., "key": true, "aliases": [...]}]}."""
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            if any(isinstance(item.get("aliases"), str) for item in told["columns"]):
                raise TypeError("aliases have to be a list")
            columns = tuple(
                Column(**(item | {"aliases": tuple(item.get("aliases", ()))})) for item in told["columns"]
            )
            return cls(told["table"], columns)
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            raise SchemaError(f"{path}: no schema: {error!r}") from None


def check_name(name: str) -> None:
    """SchemaError for a name that PostgreSQL would cut off or has itself, or that is the loader's own."""
    if (
        not isinstance(name, str)
        or not name
        or "\0" in name
        or len(name.encode("utf-8", "replace")) > LONGEST
    ):
        raise SchemaError(f"{name!r} can't name a column: text of 1 to {LONGEST} bytes, without NUL")
    if name in (*OWN_COLUMNS, *_SYSTEM):
        owner = "the loader's" if name in OWN_COLUMNS else "PostgreSQL's"
        raise SchemaError(f"{name!r} is {owner} own column; rename yours")
