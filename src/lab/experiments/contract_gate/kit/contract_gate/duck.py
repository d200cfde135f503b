"""DuckDB on a file of its own, or on files of Parquet and CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .rules import ContractError
from .sources import TYPE_NAME, DataError, Types, literal, quoted, relation

# What a text has to be cast to for each logical type. Numbers as decimals, so that sums are exact.
_CASTS = {"number": "DECIMAL(38, 10)", "boolean": "BOOLEAN", "date": "DATE", "timestamp": "TIMESTAMPTZ"}
_CASTS |= {"time": "TIME", "integer": "HUGEINT"}
_INTEGER = r"^\s*[+-]?\d+\s*$"
_FINER = r"[.]\d{10}\d*[1-9]|[eE]-"  # more decimals than the decimal of `_CASTS` has
ZONED = r"\d:\d\d(:\d\d(\.\d+)?)?\s*(Z|UTC|[+-]\d\d(:?\d\d)?)$"  # a time with its zone


@dataclass
class DuckSource:
    """DuckDB on its own file, or on files of other formats. unreadable: why a table is not there, in words."""

    connection: Any
    raw: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    exact: bool = False

    def columns(self, table: str) -> Types | str:
        import duckdb

        if table in self.unreadable:
            return self.unreadable[table]
        try:
            found = self.connection.execute(f"DESCRIBE {relation(table)}").fetchall()
        except duckdb.Error:
            return "there is no such table"
        return {name: type_ for name, type_, *_ in found}

    def row(self, query: str) -> tuple[Any, ...]:
        import duckdb

        try:
            statements = self.connection.extract_statements(query)
            if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
                raise ContractError(f"not one query: {query}")
            return self.connection.execute(statements[0]).fetchone() or (None,)
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.OutOfMemoryException) as error:
            raise DataError(f"the data can't be read: {str(error).splitlines()[0]}") from None
        except duckdb.Error as error:
            raise ContractError(f"{query}: {str(error).splitlines()[0]}") from None

    def canonical(self, type_: str) -> str | None:
        import duckdb

        if not TYPE_NAME.fullmatch(type_):
            return None
        try:
            return str(
                self.connection.execute(f"DESCRIBE SELECT CAST(NULL AS {type_}) AS x").fetchall()[0][1]
            )
        except duckdb.Error:
            return None

    def matches(self, value: str, pattern: str) -> str:
        import duckdb

        try:
            self.connection.execute("SELECT regexp_matches('', ?)", [pattern])
        except duckdb.Error as error:
            raise ContractError(f"DuckDB can't use the pattern {pattern}: {error}") from None
        return f"regexp_matches({value}, {literal(pattern)})"


@contextmanager
def opened(
    path: Path, files: Mapping[str, Path], tables: Mapping[str, Mapping[str, str]]
) -> Iterator[DuckSource]:
    import duckdb

    database = str(path) if not files else ":memory:"
    try:
        connection = duckdb.connect(
            database,
            read_only=not files,
            config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"},
        )
    except duckdb.Error as error:
        raise DataError(f"{path} can't be opened: {str(error).splitlines()[0]}") from None
    try:
        connection.execute("SET TimeZone = 'UTC'")
        folder = path if path.is_dir() else path.parent
        connection.execute(f"SET allowed_directories = [{literal(str(folder.resolve()))}]")
        source = DuckSource(connection)
        for table, file in files.items():
            _view(source, table, file, tables[table])
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield source
    finally:
        connection.close()


def _view(source: DuckSource, table: str, file: Path, logical: Mapping[str, str]) -> None:
    """`file` under its table's name. What can't be read is remembered, in words."""
    import duckdb

    if not file.exists():
        source.unreadable[table] = f"there is no {file.name}"
        return
    name, run = literal(str(file.resolve())), source.connection.execute
    try:
        if file.suffix == ".parquet":
            run(f"CREATE VIEW {quoted(table)} AS SELECT * FROM read_parquet({name})")
            return
        # Kept as text: a line that can't be read is then found here, not by some rule.
        raw, columns = quoted(f"{table} as text"), _header(file)
        types = ", ".join(f"{literal(one)}: 'VARCHAR'" for one in columns)
        options = f"auto_detect = false, header = true, columns = {{{types}}}"
        run(f"CREATE TABLE {raw} AS SELECT * FROM read_csv({name}, {options})")
        source.raw[table] = raw
        known = {name.casefold(): type_ for name, type_ in logical.items()}
        selected = ", ".join(_typed(source, raw, one, known.get(one.casefold(), "")) for one in columns)
        run(f"CREATE VIEW {quoted(table)} AS SELECT {selected} FROM {raw}")
    except (duckdb.Error, UnicodeDecodeError, csv.Error, DataError) as error:
        source.unreadable[table] = f"{file.name} can't be read: {str(error).splitlines()[0]}"


def _header(file: Path) -> list[str]:
    """A CSV file's columns. DuckDB's own guess may take another line for them, where lines differ in length."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        columns = next(csv.reader(lines), [])
    if not columns or len({one.casefold() for one in columns}) < len(columns):
        raise DataError("its first line names no columns, or one of them twice")
    return columns


def _typed(source: DuckSource, raw: str, name: str, logical: str) -> str:
    """A column of text as its logical type. Numbers that no decimal holds are floats."""
    column, type_ = quoted(name), _CASTS.get(logical)
    if type_ is None:
        return column
    if logical == "number":
        fits = (
            f"TRY_CAST({column} AS {type_}) IS NOT NULL AND NOT regexp_matches({column}, {literal(_FINER)})"
        )
        exact = f"bool_and({fits}) FILTER (WHERE {column} IS NOT NULL)"
        if source.connection.execute(f"SELECT {exact} FROM {raw}").fetchone()[0] is False:
            type_ = "DOUBLE"
    return f"TRY_CAST({column} AS {type_}) AS {column}"


def no_value_of(logical: str, column: str) -> str | None:
    """SQL, DuckDB's: whether a text is no value of a logical type; None for types that any text is of."""
    if logical == "integer":
        return f"NOT regexp_matches({column}, {literal(_INTEGER)})"
    type_ = "DOUBLE" if logical == "number" else _CASTS.get(logical)
    if not type_:
        return None
    # To DuckDB a text with a time of day is a date too, which would lose it.
    longer = f" OR contains({column}, ':')" if logical == "date" else ""
    return f"{column} IS NOT NULL AND TRY_CAST({column} AS {type_}) IS NULL{longer}"
