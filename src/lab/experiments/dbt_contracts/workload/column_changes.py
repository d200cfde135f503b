"""What can happen to one column: its kind of change, a variant's name, and the SQL that makes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lab.experiments.dbt_contracts.workload.source_schema import Column, Table, literal, quoted

OFFSET = 1_000_000  # added to keys of new rows
SMALL_OFFSET = 10_000  # where one of the keys is a smallint
CUT = 8  # letters that a truncated text keeps
HOURS = 5  # a wall clock of UTC-5, written down as if it were UTC

Change = tuple[str, ...]  # kind, variant, statements


@dataclass(frozen=True)
class Placed(Table):
    """A table in its schema."""

    schema: str

    def __str__(self) -> str:
        return quoted(self.schema, self.name)


def of_column(table: Placed, column: Column) -> Iterator[Change]:
    """Every change that applies to a column. Those of values hit one row, or all where that is their nature."""
    changes = (
        *(_drop, _rename, _type, _null, _duplicate, _orphan, _range),
        *(_category, _zone, _cut, _misread, _wider),
    )
    for change in changes:
        yield from change(table, column)


def alter(table: Placed, action: str) -> str:
    return f"ALTER TABLE {table} {action}"


def _set(table: Placed, column: Column, value: str, where: str = "") -> str:
    return f"UPDATE {table} SET {quoted(column.name)} = {value}{where}"


def _one(table: Placed, column: Column) -> str:
    """The row with the smallest key among those that have a value: one row is hardest to see."""
    key = quoted(table.key.name)
    return f" WHERE {key} = (SELECT min({key}) FROM {table} WHERE {quoted(column.name)} IS NOT NULL)"


def _drop(table: Placed, column: Column) -> Iterator[Change]:
    if len(table.columns) > 1:
        yield ("drop", "", alter(table, f"DROP COLUMN {quoted(column.name)}"))


def _rename(table: Placed, column: Column) -> Iterator[Change]:
    action = f"RENAME COLUMN {quoted(column.name)} TO {quoted(column.name + '_v2')}"
    yield ("rename", "", alter(table, action))


def _retyped(table: Placed, column: Column, type_: str, value: str) -> str:
    return alter(table, f"ALTER COLUMN {quoted(column.name)} TYPE {type_} USING {value}")


def _type(table: Placed, column: Column) -> Iterator[Change]:
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
    yield ("type", f"to {type_}", _retyped(table, column, type_, value))
    if column.family == "integer" and not column.unique and not column.references:
        finer = _retyped(table, column, "numeric(12, 2)", f"{name} + 0.7")
        yield ("type", "to numeric, with a fraction", finer)
    if column.family == "numeric":
        precision, scale = _size(column)
        wide = _retyped(table, column, f"numeric({precision + 4}, {scale + 2})", name)
        used = _set(table, column, f"{name} + {'0.' + '0' * scale + '5'}", _one(table, column))
        yield ("type", "more decimals, used", wide, used)


def _size(column: Column) -> tuple[int, int]:
    precision, scale = column.type.removeprefix("numeric(").removesuffix(")").split(",")
    return int(precision), int(scale)


def _null(table: Placed, column: Column) -> Iterator[Change]:
    kind = "null allowed" if column.nullable else "null"
    yield (kind, "", _set(table, column, "NULL", _one(table, column)))


def _duplicate(table: Placed, column: Column) -> Iterator[Change]:
    name = quoted(column.name)
    if column == table.key:
        again = f"INSERT INTO {table} SELECT * FROM {table} WHERE {name} = (SELECT min({name}) FROM {table})"
        yield ("duplicate", "a row comes twice", again)
    elif column.unique:
        largest = f"(SELECT max({name}) FROM {table})"
        yield ("duplicate", "", _set(table, column, largest, _one(table, column)))


def _orphan(table: Placed, column: Column) -> Iterator[Change]:
    if column.references:
        small = SMALL_OFFSET if column.type == "smallint" else OFFSET
        value = str(small) if column.family == "integer" else literal("nowhere"[: column.longest])
        yield ("orphan", "", _set(table, column, value, _one(table, column)))


def _range(table: Placed, column: Column) -> Iterator[Change]:
    step = {"timestamptz": "interval '1 day'", "date": "1"}.get(column.family, "1")
    for variant, bound, sign in (("below", column.low, "-"), ("above", column.high, "+")):
        if bound is not None:
            value = f"CAST({bound} AS {column.type}) {sign} {step}"
            yield ("out of range", variant, _set(table, column, value, _one(table, column)))


def _category(table: Placed, column: Column) -> Iterator[Change]:
    if column.values:
        yield ("new category", "", _set(table, column, literal(_new_value(column)), _one(table, column)))


def _new_value(column: Column) -> str:
    """A value that the column can hold and has not; both databases read a number from its text."""
    if column.family == "integer":
        return str(max(map(int, column.values)) + 1)
    letters, length = "XYZABCDEFGHIJKLMNOPQRSTUVW", min(2, column.longest or 2)
    free = [letter * length for letter in letters if letter * length not in column.values]
    return free[0] if free else "?" * length


def _zone(table: Placed, column: Column) -> Iterator[Change]:
    if column.family == "timestamptz":
        value = f"{quoted(column.name)} - interval '{HOURS} hours'"
        yield ("time zone", "", _set(table, column, value))


def _cut(table: Placed, column: Column) -> Iterator[Change]:
    name = quoted(column.name)
    cut = {
        "text": f"left({name}, {CUT})",
        "numeric": f"floor({name})",
        "timestamptz": f"date_trunc('day', {name})",
    }
    if column.family in cut:
        yield ("truncation", "", _set(table, column, cut[column.family]))


def _misread(table: Placed, column: Column) -> Iterator[Change]:
    if column.family == "text":
        yield ("re-encoding", "", _set(table, column, _as_latin_1(quoted(column.name))))


def _as_latin_1(value: str) -> str:
    """`value`, its UTF-8 bytes read as Latin-1, as far as letters go; Ã and Â come first, as all others turn into them."""
    letters = "ÃÂ" + "".join(chr(code) for code in range(0xC0, 0x100) if chr(code) not in "ÃÂ")
    for letter in letters:
        value = f"replace({value}, '{letter}', '{letter.encode().decode('latin-1')}')"
    return value


def _wider(table: Placed, column: Column) -> Iterator[Change]:
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
        yield "wider type", f"to {wider}", _retyped(table, column, wider, f"CAST({name} AS {wider})")
