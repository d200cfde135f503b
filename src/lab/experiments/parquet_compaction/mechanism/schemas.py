"""One schema for files whose columns drifted: what keeps every value is unified, the rest is refused in words.

Kept: a column that some files lack (missing values), a column without a single value, other orders of columns, wider
numbers, finer times, more digits, longer texts, dictionaries as their values; the same within lists and structs.
Every cast is checked on the values. Refused: whatever would change one, and types that mean different things.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from lab.errors import LabError

if TYPE_CHECKING:
    import pyarrow as pa

_UNITS = ("s", "ms", "us", "ns")


class SchemaError(LabError):
    """Files of one dataset whose columns can't become one table without changing a value."""


def concat(named: Sequence[tuple[str, pa.Table]]) -> pa.Table:
    """The rows of several files, (path, rows) each, under one schema; in the order of the first file's columns.

    SchemaError names file, column and types of what can't be unified.
    """
    import pyarrow as pa

    for path, rows in named:
        refuse_twins(path, rows.schema)
    if all(rows.schema.equals(named[0][1].schema) for _, rows in named):
        return pa.concat_tables([rows for _, rows in named])
    schema = reduce(_joined, named, pa.schema([]))
    return pa.concat_tables([_cast(path, rows, schema) for path, rows in named])


def refuse_twins(where: str, schema: pa.Schema) -> None:
    """SchemaError if two columns have one name: no reader could tell them apart."""
    if twins := sorted({name for name in schema.names if schema.names.count(name) > 1}):
        raise SchemaError(f"{where}: several columns are called {twins[0]!r}. Give each a name of its own.")


def _joined(schema: pa.Schema, item: tuple[str, pa.Table]) -> pa.Schema:
    """`schema` with the columns of one more file."""
    path, rows = item
    for field in rows.schema:
        place = schema.get_field_index(field.name)
        if place < 0:
            schema = schema.append(field.with_nullable(True))
            continue
        known = schema.field(place).type
        found = common(known, field.type)
        if found is None:
            raise _refusal(path, field.name, field.type, known)
        schema = schema.set(place, schema.field(place).with_type(found))
    return schema


def _refusal(path: str, name: str, own: Any, wanted: Any) -> SchemaError:
    return SchemaError(
        f"{path}: column {name!r} is {own} here and {wanted} in the other files, which can't be one column without "
        f"changing values. Nothing was changed; write the column with one type, or compact these files apart."
    )


def _cast(path: str, rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows with the columns of `schema`; every value stays what it was."""
    import pyarrow as pa

    made = []
    for field in schema:
        if field.name not in rows.schema.names:
            made.append(pa.chunked_array([pa.nulls(len(rows), field.type)]))
            continue
        own = rows.column(field.name)
        try:
            made.append(own.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            raise _refusal(path, field.name, own.type, field.type) from error
    return pa.table(made, schema=schema)


def common(one: Any, other: Any) -> Any | None:
    """A type that holds every value of both, or None."""
    import pyarrow as pa
    from pyarrow import types

    if one == other or types.is_null(other):
        return one
    if types.is_null(one):
        return other
    if types.is_dictionary(one) or types.is_dictionary(other):
        return common(*(kind.value_type if types.is_dictionary(kind) else kind for kind in (one, other)))
    for rule in (_number, _time, _nested):
        if (found := rule(one, other)) is not None:
            return found
    for family, widest in (
        ((types.is_string, types.is_large_string, types.is_string_view), pa.large_string()),
        (
            (types.is_binary, types.is_large_binary, types.is_binary_view, types.is_fixed_size_binary),
            pa.large_binary(),
        ),
        ((types.is_date32, types.is_date64), pa.date32()),
    ):
        if all(any(is_kind(kind) for is_kind in family) for kind in (one, other)):
            return widest
    return None


def _number(one: Any, other: Any) -> Any | None:
    """Integers to the wider one, with a sign if either has one; floats to the wider; a cast is checked on the values."""
    import pyarrow as pa
    from pyarrow import types

    kinds = (one, other)
    if all(types.is_integer(kind) for kind in kinds):
        return _integer(one, other)
    if any(types.is_decimal(kind) for kind in kinds):
        return _decimal(one, other)
    if not all(types.is_integer(kind) or types.is_floating(kind) for kind in kinds):
        return None
    if all(types.is_floating(kind) for kind in kinds):
        return max(kinds, key=lambda kind: kind.bit_width)
    return pa.float64()  # a whole number beyond 2**53 fails the cast


def _integer(one: Any, other: Any) -> Any:
    import pyarrow as pa
    from pyarrow import types

    signs = [types.is_signed_integer(kind) for kind in (one, other)]
    if signs[0] == signs[1]:
        return max(one, other, key=lambda kind: kind.bit_width)
    signed, unsigned = (one, other) if signs[0] else (other, one)
    if signed.bit_width > unsigned.bit_width:
        return signed
    wider = {8: pa.int16(), 16: pa.int32()}
    return wider.get(unsigned.bit_width, pa.int64())  # of uint64 what exceeds int64 fails the cast


def _decimal(one: Any, other: Any) -> Any | None:
    import pyarrow as pa
    from pyarrow import types

    if not all(types.is_decimal(kind) or types.is_integer(kind) for kind in (one, other)):
        return None
    digits = [
        (kind.precision - kind.scale, kind.scale) if types.is_decimal(kind) else (20, 0)
        for kind in (one, other)
    ]
    whole, scale = (max(parts) for parts in zip(*digits, strict=True))
    if whole + scale <= 38:
        return pa.decimal128(whole + scale, scale)
    return pa.decimal256(whole + scale, scale) if whole + scale <= 76 else None


def _time(one: Any, other: Any) -> Any | None:
    """Moments, durations and times of day to the finer unit; moments with a zone to UTC, never to one without."""
    import pyarrow as pa
    from pyarrow import types

    def finer() -> str:
        return max(one.unit, other.unit, key=_UNITS.index)

    if types.is_timestamp(one) and types.is_timestamp(other) and (one.tz is None) == (other.tz is None):
        return pa.timestamp(finer(), one.tz if one.tz == other.tz else "UTC")
    if types.is_duration(one) and types.is_duration(other):
        return pa.duration(finer())
    if types.is_time(one) and types.is_time(other):
        return pa.time64(finer()) if finer() in ("us", "ns") else pa.time32(finer())
    return None


def _nested(one: Any, other: Any) -> Any | None:
    import pyarrow as pa
    from pyarrow import types

    lists = (types.is_list, types.is_large_list, types.is_fixed_size_list)
    if all(any(is_list(kind) for is_list in lists) for kind in (one, other)):
        inner = common(one.value_type, other.value_type)
        return None if inner is None else pa.large_list(inner)
    if types.is_struct(one) and types.is_struct(other):
        return _struct(one, other)
    return None


def _struct(one: Any, other: Any) -> Any | None:
    import pyarrow as pa

    fields = {field.name: field.type for field in one}
    for field in other:
        fields[field.name] = common(fields.get(field.name, pa.null()), field.type)
    return None if None in fields.values() else pa.struct(fields)


def refuse_unknown(names: Iterable[str], schema: pa.Schema, what: str) -> None:
    """SchemaError if `schema` lacks one of `names`."""
    if lacking := [name for name in names if name not in schema.names]:
        raise SchemaError(
            f"{what}: there is no column {lacking[0]!r}. Name one of: {', '.join(map(repr, schema.names))}."
        )
