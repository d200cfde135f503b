"""Systematic changes of a source: every column with every change that applies to it, breaking or benign."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lab.experiments.dbt_contracts.workload.source_schema import Column, Table, literal, quoted

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
OFFSET = 1_000_000  # added to keys of new rows
CUT = 8  # letters that a truncated text keeps
HOURS = 5  # a wall clock of UTC-5, written down as if it were UTC


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
    placed = [_Placed(table.name, table.columns, schema) for table in source_schema]
    made = [mutant for table in placed for mutant in _of_table(table)]
    return [*made, _more_rows(placed)] if placed else []


@dataclass(frozen=True)
class _Placed(Table):
    """A table in its schema."""

    schema: str

    def __str__(self) -> str:
        return quoted(self.schema, self.name)


def _of_table(table: _Placed) -> Iterator[Mutant]:
    changes = (
        *(_drop, _rename, _type, _null, _duplicate, _orphan, _range),
        *(_category, _zone, _cut, _misread, _wider),
    )
    for column in table.columns:
        for change in changes:
            yield from change(table, column)
    yield _new_column(table)
    yield _other_order(table)


def _mutant(kind: str, table: Table, column: Column | None, variant: str, *statements: str) -> Mutant:
    return Mutant(kind, table.name, column.name if column else "", variant, kind in BENIGN, statements)


def _alter(table: _Placed, action: str) -> str:
    return f"ALTER TABLE {table} {action}"


def _set(table: _Placed, column: Column, value: str, where: str = "") -> str:
    return f"UPDATE {table} SET {quoted(column.name)} = {value}{where}"


def _one(table: _Placed, column: Column) -> str:
    """The row with the smallest key among those that have a value: one row is hardest to see."""
    key = quoted(table.key.name)
    return f" WHERE {key} = (SELECT min({key}) FROM {table} WHERE {quoted(column.name)} IS NOT NULL)"


def _drop(table: _Placed, column: Column) -> Iterator[Mutant]:
    if len(table.columns) > 1:
        yield _mutant("drop", table, column, "", _alter(table, f"DROP COLUMN {quoted(column.name)}"))


def _rename(table: _Placed, column: Column) -> Iterator[Mutant]:
    action = f"RENAME COLUMN {quoted(column.name)} TO {quoted(column.name + '_v2')}"
    yield _mutant("rename", table, column, "", _alter(table, action))


def _retyped(table: _Placed, column: Column, type_: str, value: str) -> str:
    return _alter(table, f"ALTER COLUMN {quoted(column.name)} TYPE {type_} USING {value}")


def _type(table: _Placed, column: Column) -> Iterator[Mutant]:
    name = quoted(column.name)
    others = {
        "integer": ("text", f"CAST({name} AS text)"),
        "numeric": ("double precision", f"CAST({name} AS double precision)"),
        "double precision": ("text", f"CAST({name} AS text)"),
        "boolean": ("integer", f"CAST({name} AS integer)"),
        "date": ("text", f"CAST({name} AS text)"),
        "timestamptz": ("timestamp", f"{name} AT TIME ZONE 'UTC'"),
        "text": ("integer", f"CAST(length({name}) AS integer)"),
    }
    type_, value = others[column.family]
    yield _mutant("type", table, column, f"to {type_}", _retyped(table, column, type_, value))
    if column.family == "integer" and not column.unique and not column.references:
        finer = _retyped(table, column, "numeric(12, 2)", f"{name} + 0.7")
        yield _mutant("type", table, column, "to numeric, with a fraction", finer)
    if column.family == "numeric":
        precision, scale = _size(column)
        wide = _retyped(table, column, f"numeric({precision + 4}, {scale + 2})", name)
        used = _set(table, column, f"{name} + {'0.' + '0' * scale + '5'}", _one(table, column))
        yield _mutant("type", table, column, "more decimals, used", wide, used)


def _size(column: Column) -> tuple[int, int]:
    precision, scale = column.type.removeprefix("numeric(").removesuffix(")").split(",")
    return int(precision), int(scale)


def _null(table: _Placed, column: Column) -> Iterator[Mutant]:
    kind = "null allowed" if column.nullable else "null"
    yield _mutant(kind, table, column, "", _set(table, column, "NULL", _one(table, column)))


def _duplicate(table: _Placed, column: Column) -> Iterator[Mutant]:
    name = quoted(column.name)
    if column == table.key:
        again = f"INSERT INTO {table} SELECT * FROM {table} WHERE {name} = (SELECT min({name}) FROM {table})"
        yield _mutant("duplicate", table, column, "a row comes twice", again)
    elif column.unique:
        largest = f"(SELECT max({name}) FROM {table})"
        yield _mutant("duplicate", table, column, "", _set(table, column, largest, _one(table, column)))


def _orphan(table: _Placed, column: Column) -> Iterator[Mutant]:
    if column.references:
        value = str(OFFSET) if column.family == "integer" else literal("nowhere")
        yield _mutant("orphan", table, column, "", _set(table, column, value, _one(table, column)))


def _range(table: _Placed, column: Column) -> Iterator[Mutant]:
    step = {"timestamptz": "interval '1 day'", "date": "1"}.get(column.family, "1")
    for variant, bound, sign in (("below", column.low, "-"), ("above", column.high, "+")):
        if bound is not None:
            value = f"CAST({bound} AS {column.type}) {sign} {step}"
            yield _mutant(
                "out of range", table, column, variant, _set(table, column, value, _one(table, column))
            )


def _category(table: _Placed, column: Column) -> Iterator[Mutant]:
    if column.values:
        new = next(text for text in ("XX", "X", "YY", "Y") if text not in column.values)
        yield _mutant(
            "new category", table, column, "", _set(table, column, literal(new), _one(table, column))
        )


def _zone(table: _Placed, column: Column) -> Iterator[Mutant]:
    if column.family == "timestamptz":
        value = f"{quoted(column.name)} - interval '{HOURS} hours'"
        yield _mutant("time zone", table, column, "", _set(table, column, value))


def _cut(table: _Placed, column: Column) -> Iterator[Mutant]:
    name = quoted(column.name)
    cut = {
        "text": f"left({name}, {CUT})",
        "numeric": f"floor({name})",
        "timestamptz": f"date_trunc('day', {name})",
    }
    if column.family in cut:
        yield _mutant("truncation", table, column, "", _set(table, column, cut[column.family]))


def _misread(table: _Placed, column: Column) -> Iterator[Mutant]:
    if column.family == "text":
        yield _mutant("re-encoding", table, column, "", _set(table, column, _as_latin_1(quoted(column.name))))


def _as_latin_1(value: str) -> str:
    """`value`, its UTF-8 bytes read as Latin-1, as far as letters go; Ã and Â come first, as all others turn into them."""
    letters = "ÃÂ" + "".join(chr(code) for code in range(0xC0, 0x100) if chr(code) not in "ÃÂ")
    for letter in letters:
        value = f"replace({value}, '{letter}', '{letter.encode().decode('latin-1')}')"
    return value


def _wider(table: _Placed, column: Column) -> Iterator[Mutant]:
    wider = None
    if column.type in ("smallint", "integer"):
        wider = "bigint"
    elif column.family == "numeric":
        precision, scale = _size(column)
        wider = f"numeric({precision + 6}, {scale})"
    elif column.type.startswith("varchar"):
        wider = "text"
    if wider:
        name = quoted(column.name)
        yield _mutant(
            "wider type",
            table,
            column,
            f"to {wider}",
            _retyped(table, column, wider, f"CAST({name} AS {wider})"),
        )


def _new_column(table: _Placed) -> Mutant:
    return _mutant("new column", table, None, "", _alter(table, "ADD COLUMN added_later text"))


def _other_order(table: _Placed) -> Mutant:
    columns = ", ".join(quoted(column.name) for column in reversed(table.columns))
    other = quoted(table.schema, table.name + "_other")
    return _mutant(
        "other order",
        table,
        None,
        "",
        f"CREATE TABLE {other} AS SELECT {columns} FROM {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE {other} RENAME TO {quoted(table.name)}",
    )


def _more_rows(tables: Sequence[_Placed]) -> Mutant:
    """Every row once more under keys of its own, references with them."""
    statements = [
        f"INSERT INTO {table} SELECT {', '.join(_shifted(column) for column in table.columns)} FROM {table}"
        for table in tables
    ]
    return Mutant("more rows", "", "", "", True, tuple(statements))


def _shifted(column: Column) -> str:
    name = quoted(column.name)
    if not column.unique and not column.references:
        return name
    shift: dict[str, Callable[[], str]] = {
        "integer": lambda: f"{name} + {OFFSET}",
        "text": lambda: f"'n' || {name}",
    }
    return shift.get(column.family, lambda: name)()
