"""One schema for files whose columns drifted: what keeps every value is unified, the rest is refused in words.

Kept, by pyarrow's rules: a column that some files lack (missing values), a column without a single value, other orders of
columns, wider numbers, finer times, more digits, longer texts; the same within lists and structs. Dictionaries become their
values, times in several zones UTC. Every cast is checked on the values. Refused: whatever would change one, and types that
mean different things.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from lab.errors import LabError

if TYPE_CHECKING:
    import pyarrow as pa

# Which pyarrow would unify, though one value of the one is no value of the other.
_APART = ({"text", "bytes"}, {"decimal", "float"})


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
    schema = reduce(_joined, named, pa.schema([])).with_metadata(_shared([rows for _, rows in named]))
    return pa.concat_tables([_cast(path, rows, schema) for path, rows in named])


def refuse_twins(where: str, schema: pa.Schema) -> None:
    """SchemaError if two columns have one name: no reader could tell them apart."""
    if twins := sorted({name for name in schema.names if schema.names.count(name) > 1}):
        raise SchemaError(f"{where}: several columns are called {twins[0]!r}. Give each a name of its own.")


def sorted_by(rows: pa.Table, names: Sequence[str]) -> pa.Table:
    """The rows in the order of the columns `names`, missing values last. SchemaError for one without an order."""
    import pyarrow as pa
    from pyarrow import compute

    if lacking := [name for name in names if name not in rows.schema.names]:
        known = ", ".join(map(repr, rows.schema.names))
        raise SchemaError(f"sort_by: there is no column {lacking[0]!r}. Name one of: {known}.")
    if not names:
        return rows
    rows = takeable(rows)
    keys = pa.table({name: rows[name].cast(plain(rows[name].type)) for name in names})
    try:
        return rows.take(compute.sort_indices(keys, [(name, "ascending") for name in names]))
    except (pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        told = ", ".join(f"{name!r} is {rows[name].type}" for name in names)
        raise SchemaError(f"sort_by: {told}, which has no order. Name other columns.") from error


def takeable(rows: pa.Table) -> pa.Table:
    """The rows with their views as plain columns: of views none can be taken."""
    from pyarrow import types

    for place, field in enumerate(rows.schema):
        if types.is_string_view(field.type) or types.is_binary_view(field.type):
            rows = rows.set_column(place, field.name, rows[field.name].cast(plain(field.type)))
    return rows


def _joined(schema: pa.Schema, item: tuple[str, pa.Table]) -> pa.Schema:
    """`schema` with the columns of one more file."""
    path, rows = item
    for field in rows.schema:
        place = schema.get_field_index(field.name)
        if place < 0 and (other := _twin(field.name, set(schema.names) - set(rows.schema.names))):
            raise SchemaError(
                f"{path}: column {field.name!r} is called {other!r} in other files, and engines take the two for one. "
                f"Nothing was changed; give the column one name, or compact these files apart."
            )
        known = schema.field(place).type if place >= 0 else field.type
        found = common(known, field.type)
        if found is None:
            raise _refusal(path, field.name, field.type, known)
        wider = field.with_type(found).with_nullable(True)
        schema = schema.set(place, wider) if place >= 0 else schema.append(wider)
    return schema


def _twin(name: str, others: set[str]) -> str | None:
    """One of `others` that differs from `name` by capitals alone."""
    return next((other for other in sorted(others) if other.casefold() == name.casefold()), None)


def _shared(tables: Sequence[pa.Table]) -> dict[bytes, bytes]:
    """What all files say about their rows in the same words."""
    said = [set((rows.schema.metadata or {}).items()) for rows in tables]
    return dict(set.intersection(*said))


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

    if one == other:
        return one
    kinds = [plain(kind) for kind in (one, other)]
    if all(pa.types.is_timestamp(kind) and kind.tz for kind in kinds) and kinds[0].tz != kinds[1].tz:
        kinds = [pa.timestamp(kind.unit, "UTC") for kind in kinds]
    if _mean_different_things(*kinds):
        return None
    schemas = [pa.schema([("it", kind)]) for kind in kinds]
    try:
        return pa.unify_schemas(schemas, promote_options="permissive").field("it").type
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return None


def plain(kind: Any) -> Any:
    """Dictionaries as their values, views as the texts and bytes that they show."""
    from pyarrow import large_binary, large_string, types

    if types.is_dictionary(kind):
        return plain(kind.value_type)
    if types.is_string_view(kind):
        return large_string()
    return large_binary() if types.is_binary_view(kind) else kind


def _mean_different_things(one: Any, other: Any) -> bool:
    """Whether values of the two, or of what both hold under one name, are not to be taken for one another."""
    from pyarrow import types

    if types.is_nested(one) and types.is_nested(other):
        inner = [
            {kind.field(n).name: kind.field(n).type for n in range(kind.num_fields)} for kind in (one, other)
        ]
        return any(
            _mean_different_things(inner[0][name], inner[1][name])
            for name in inner[0].keys() & inner[1].keys()
        )
    return {_family(one), _family(other)} in _APART


def _family(kind: Any) -> str:
    from pyarrow import types

    if types.is_string(kind) or types.is_large_string(kind):
        return "text"
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return "bytes"
    return "decimal" if types.is_decimal(kind) else "float" if types.is_floating(kind) else ""
