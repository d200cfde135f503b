"""Parquet files of several schema versions as one table, column by column, by the rules of Avro's schema resolution.

Parquet has neither aliases nor defaults. So each file carries the Avro schema that it was written with, under the key that
parquet-avro uses, and the reader's schema says how a column is called now and what stands in for one that is not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.experiments.schema_evolution.kit.evolution.compatibility import compatible, writer_field
from lab.experiments.schema_evolution.kit.evolution.decoding import UnreadableError
from lab.experiments.schema_evolution.kit.evolution.libraries import native
from lab.experiments.schema_evolution.kit.evolution.schema import Node, label, load, logical

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
else:
    from lab.lazy import module

    pa, pc, pq = module("pyarrow"), module("pyarrow.compute"), module("pyarrow.parquet")

KEY = b"parquet.avro.schema"


def write_version(path: Path, rows: Sequence[dict[str, Any]], schema: Any) -> None:
    """Write rows as one Parquet file with its Avro schema in it. UnreadableError for a type that Parquet has not."""
    root = load(schema)
    fields = [pa.field(field["name"], arrow_type(field["type"])) for field in root["fields"]]
    described = pa.schema(fields, metadata={KEY: json.dumps(schema).encode()})
    pq.write_table(pa.Table.from_pylist(list(rows), schema=described), path)


def read_versions(paths: Iterable[Path], schema: Any, accept: Sequence[str] = ("enum default",)) -> pa.Table:
    """The rows of all files, in their order, as `schema` has them.

    accept: kinds of loss that are allowed. UnreadableError, before any row is read, naming the file, if one has no Avro
    schema, or one that `schema` can't read; later only for a value that has no counterpart, where such a loss is accepted.
    """
    target, plans = load(schema), []
    for path in paths:
        metadata = pq.read_schema(path).metadata or {}
        if KEY not in metadata:
            raise UnreadableError(f"{path}: there is no Avro schema in it (key {KEY.decode()})")
        writer = json.loads(metadata[KEY])
        if found := [
            item for item in compatible(schema, writer) if not item.lossy or item.kind not in accept
        ]:
            raise UnreadableError(
                f"{path}: " + "; ".join(f"{item.path}: {item.message}" for item in found), found
            )
        plans.append((path, load(writer)))
    described = pa.schema([pa.field(field["name"], arrow_type(field["type"])) for field in target["fields"]])
    tables = [_read(path, writer, target, described) for path, writer in plans]
    return pa.concat_tables(tables) if tables else described.empty_table()


def arrow_type(node: Node) -> Any:
    """The Arrow type of an Avro node; a union must be of null and one other type."""
    kind, named = _nullable(node)["type"], logical(_nullable(node))
    node = _nullable(node)
    if named and named[0] == "decimal":
        return pa.decimal128(named[1], named[2])
    if named and named[0] in ("timestamp-millis", "timestamp-micros"):
        return pa.timestamp("ms" if named[0].endswith("millis") else "us", "UTC")
    if named and named[0] == "date":
        return pa.date32()
    if kind == "record":
        return pa.struct([pa.field(field["name"], arrow_type(field["type"])) for field in node["fields"]])
    if kind == "array":
        return pa.list_(arrow_type(node["items"]))
    simple = {
        "boolean": pa.bool_,
        "int": pa.int32,
        "long": pa.int64,
        "float": pa.float32,
        "double": pa.float64,
    }
    simple |= {"string": pa.string, "bytes": pa.binary, "enum": pa.string, "null": pa.null}
    if kind not in simple:
        raise UnreadableError(f"{label(node)} has no column type here")
    return simple[kind]()


def _nullable(node: Node) -> Node:
    """The type of a column: of [null, x] it is x."""
    if node["type"] != "union":
        return node
    others = [branch for branch in node["branches"] if branch["type"] != "null"]
    if len(others) != 1:
        raise UnreadableError(f"{label(node)}: a column has one type, and may be null")
    return others[0]


def _read(path: Path, writer: Node, target: Node, described: Any) -> Any:
    table = pq.read_table(path)
    try:
        columns = [_column(table, field, writer) for field in target["fields"]]
    except pa.ArrowInvalid as error:
        raise UnreadableError(f"{path}: {error}") from error
    return pa.Table.from_arrays(columns, schema=described)


def _column(table: Any, field: Node, writer: Node) -> Any:
    """One column of the result; table: of the file, or the fields of a struct of it."""
    other = writer_field(field, writer)
    if other is None:
        return pa.array([native(field["default"], field["type"])] * len(table), arrow_type(field["type"]))
    column = (
        table.column(other["name"]) if isinstance(table, pa.Table) else pc.struct_field(table, other["name"])
    )
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return _converted(column, _nullable(other["type"]), _nullable(field["type"]))


def _converted(column: Any, writer: Node, reader: Node) -> Any:
    if pa.types.is_null(
        column.type
    ):  # what some writers make of a column that has no value in the whole file
        return pa.nulls(len(column), arrow_type(reader))
    if reader["type"] == "record":
        inner = [_column(column, field, writer) for field in reader["fields"]]
        return pa.StructArray.from_arrays(inner, fields=list(arrow_type(reader)), mask=pc.is_null(column))
    if reader["type"] == "array":
        return _list(column, _nullable(writer["items"]), _nullable(reader["items"]))
    if reader["type"] == "enum" and "default" in reader:
        known = pc.or_kleene(pc.is_in(column, pa.array(reader["symbols"])), pc.is_null(column))
        column = pc.if_else(known, column, reader["default"])
    # Where a loss of precision is accepted, the nearest number is what the specification gives.
    return column.cast(arrow_type(reader), safe=reader["type"] not in ("float", "double"))


def _list(column: Any, writer: Node, reader: Node) -> Any:
    """Items by the same rules: a cast of the whole would put NULL for a field of theirs that is new or renamed."""
    column = column.cast(pa.list_(column.type.value_type))  # large lists, and items under another name
    items = _converted(column.values, writer, reader)
    return pa.ListArray.from_arrays(column.offsets, items, mask=pc.is_null(column))
