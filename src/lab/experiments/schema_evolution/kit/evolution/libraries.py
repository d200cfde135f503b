"""Two libraries that decode Avro, each given the reader's defaults as values: as JSON has them both misread some.

fastavro hands a default out as it stands in the schema: text for bytes, a number for a time. Apache's own library
encodes the text that stands for bytes as UTF-8, where the specification has a byte for each letter.
"""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from .schema import Node, fits, load, logical

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def fastavro_read(payload: bytes, writer: Any, reader: Any) -> Any:
    """Decode by fastavro; ValueError if bytes are left over, which means that they were written with another schema."""
    import fastavro

    stream = io.BytesIO(payload)
    given = (_parsed(schema, fastavro.parse_schema, own) for schema, own in ((writer, False), (reader, True)))
    return _whole(fastavro.schemaless_reader(stream, *given), stream, payload)


def avro_read(payload: bytes, writer: Any, reader: Any) -> Any:
    """The same by Apache's avro, which refuses defaults of logical types, and symbols that only the writer has."""
    import avro.io
    import avro.schema

    stream = io.BytesIO(payload)
    make = avro.schema.make_avsc_object
    found = avro.io.DatumReader(_parsed(writer, make), _parsed(reader, make, native_defaults=True))
    return _whole(found.read(avro.io.BinaryDecoder(stream)), stream, payload)


def _whole(value: Any, stream: io.BytesIO, payload: bytes) -> Any:
    if left := len(payload) - stream.tell():
        raise ValueError(f"{left} bytes of the message are left over")
    return value


def native(default: Any, node: Node) -> Any:
    """A default, as JSON has it, as the value that a message with it would be decoded to."""
    kind, named = node["type"], logical(node)
    if kind == "union":
        return native(default, next(branch for branch in node["branches"] if fits(default, branch)))
    if kind in ("bytes", "fixed"):
        raw = default.encode("latin-1")
        return (
            Decimal(int.from_bytes(raw, "big", signed=True)).scaleb(-named[2])
            if named and named[0] == "decimal"
            else raw
        )
    if named:
        return _moment(default, named[0])
    if kind == "array":
        return [native(item, node["items"]) for item in default]
    if kind == "map":
        return {key: native(item, node["values"]) for key, item in default.items()}
    if kind == "record":
        given = {field["name"]: default.get(field["name"], field.get("default")) for field in node["fields"]}
        return {field["name"]: native(given[field["name"]], field["type"]) for field in node["fields"]}
    return float(default) if kind in ("float", "double") else default


def _moment(number: Any, name: str) -> Any:
    if name == "date":
        return date(1970, 1, 1) + timedelta(days=number)
    if name.startswith("time-"):
        micros = number * (1000 if name.endswith("millis") else 1)
        return (datetime.min + timedelta(microseconds=micros)).time()
    if name.endswith(("millis", "micros")):
        moment = _EPOCH + timedelta(microseconds=number * (1000 if name.endswith("millis") else 1))
        return moment.replace(tzinfo=None) if name.startswith("local-") else moment
    return uuid.UUID(number) if name == "uuid" else number


_cache: dict[tuple[str, Any, bool], Any] = {}


def _parsed(schema: Any, parse: Callable[[Any], Any], native_defaults: bool = False) -> Any:
    """A library's own form of a schema, made once; with the defaults as values where it is the reader's."""
    key = json.dumps(schema, sort_keys=True), parse, native_defaults
    if key not in _cache:
        found = parse(json.loads(key[0]))
        if native_defaults:
            _put_defaults(found, load(schema), set())
        _cache[key] = found
    return _cache[key]


def _put_defaults(parsed: Any, node: Node, done: set[int]) -> None:
    if id(node) in done or isinstance(parsed, str):  # fastavro's name of a type that was defined before
        return
    done.add(id(node))
    if node["type"] == "union":
        for part, branch in zip(_part(parsed, "schemas"), node["branches"], strict=True):
            _put_defaults(part, branch, done)
    for inner in ("items", "values"):
        if inner in node:
            _put_defaults(_part(parsed, inner), node[inner], done)
    for part, field in zip(
        _part(parsed, "fields") if node["type"] == "record" else (), node.get("fields", ()), strict=True
    ):
        if "default" in field:
            _put(part, native(field["default"], field["type"]))
        _put_defaults(_part(part, "type"), field["type"], done)


def _part(parsed: Any, name: str) -> Any:
    """fastavro's form is of lists and dicts, Apache's of objects."""
    if isinstance(parsed, list):
        return parsed
    return parsed[name] if isinstance(parsed, dict) else getattr(parsed, name)


def _put(field: Any, default: Any) -> None:
    if isinstance(field, dict):
        field["default"] = default
    else:
        field.set_prop("default", default)
