"""Decode messages of any version to the schema that an application was written for, or refuse in words.

Three things are done that Avro's Python libraries leave to their callers: the two schemas are compared before the first
message is decoded; names are made the reader's own, so that a library that ignores aliases reads them; and the value is
held against the reader's schema, so that a default or a promotion that has another type does not pass.
"""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from .aliases import apply_aliases
from .compatibility import Break, compatible
from .schema import Node, fits, load, logical

Read = Callable[[bytes, Any, Any], Any]  # (payload, writer's schema, reader's schema) -> value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN = {
    "null": type(None),
    "boolean": bool,
    "int": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "bytes": bytes,
    "string": str,
    "fixed": bytes,
    "enum": str,
    "array": list,
    "map": Mapping,
    "record": Mapping,
}
_LOGICAL = {
    "decimal": Decimal,
    "date": date,
    "time-millis": time,
    "time-micros": time,
    "uuid": (uuid.UUID, str),
    "timestamp-millis": datetime,
    "timestamp-micros": datetime,
    "local-timestamp-millis": datetime,
    "local-timestamp-micros": datetime,
}


class UnreadableError(ValueError):
    """A message that this reader must not take; breaks: why, where the schemas alone say so."""

    def __init__(self, message: str, breaks: Collection[Break] = ()) -> None:
        super().__init__(message)
        self.breaks = tuple(breaks)


class Reader:
    """Decodes payloads to `schema`, whatever readable version they were written with.

    schema: the reader's, as parsed JSON. accept: kinds of loss that the application can live with; messages with any other
    are refused. read: the library's own decoding, fastavro's if none is given. SchemaError if `schema` is none.
    """

    def __init__(
        self, schema: Any, accept: Collection[str] = ("enum default",), read: Read | None = None
    ) -> None:
        self.schema = schema
        self._node = load(schema)
        self._accept = frozenset(accept)
        self._read = read or fastavro_read
        self._writers: dict[str, Any] = {}

    def decode(self, payload: bytes, writer: Any) -> Any:
        """The value of `payload`, which was written with the schema `writer`. UnreadableError if it can't be taken as it is."""
        key = json.dumps(writer, sort_keys=True)
        if key not in self._writers:
            self._writers[key] = self._admitted(writer)
        try:
            value = self._read(payload, self._writers[key], self.schema)
        except Exception as error:  # libraries raise what they like on bytes that are not what they should be
            raise UnreadableError(f"{type(error).__name__}: {error}") from error
        return conform(value, self._node)

    def _admitted(self, writer: Any) -> Any:
        found = [
            item
            for item in compatible(self.schema, writer)
            if not item.lossy or item.kind not in self._accept
        ]
        if found:
            raise UnreadableError("; ".join(f"{item.path}: {item.message}" for item in found), found)
        return apply_aliases(writer, self.schema)


def fastavro_read(payload: bytes, writer: Any, reader: Any) -> Any:
    """Decode by fastavro; ValueError if bytes are left over, which means that they were written with another schema."""
    import fastavro

    stream = io.BytesIO(payload)
    value = fastavro.schemaless_reader(stream, _parsed(writer), _parsed(reader, native=True))
    if left := len(payload) - stream.tell():
        raise ValueError(f"{left} bytes of the message are left over")
    return value


def conform(value: Any, node: Node) -> Any:
    """A copy of `value`, whose lists and dicts nobody shares. UnreadableError if it is not of the schema's type."""
    kind = node["type"]
    if kind == "union":
        return _of_branch(value, node)
    named = logical(node)
    expected: Any = _LOGICAL.get(named[0], object) if named else _PLAIN[kind]
    odd = isinstance(value, bool) and kind != "boolean"
    if odd or not isinstance(value, expected):
        raise UnreadableError(
            f"{value!r} is of type {type(value).__name__}, not of the reader's {named or kind}"
        )
    if named and named[0] == "decimal" and not _fits_decimal(value, *named[1:]):
        raise UnreadableError(
            f"{value} does not fit into a decimal of {named[1]} digits, {named[2]} after the point"
        )
    if kind == "enum" and value not in node["symbols"]:
        raise UnreadableError(f"{value!r} is no symbol of {node['name']}")
    if kind == "array":
        return [conform(item, node["items"]) for item in value]
    if kind == "map":
        return {key: conform(item, node["values"]) for key, item in value.items()}
    if kind == "record":
        if value.keys() != {field["name"] for field in node["fields"]}:
            raise UnreadableError(f"{node['name']} has the fields {sorted(value)}")
        return {field["name"]: conform(value[field["name"]], field["type"]) for field in node["fields"]}
    return value


def _fits_decimal(value: Decimal, precision: int, scale: int) -> bool:
    """fastavro rounds a number of more digits than its schema allows, without a word."""
    unscaled = value.scaleb(scale)
    return unscaled == unscaled.to_integral_value() and abs(unscaled) < 10**precision


def _of_branch(value: Any, node: Node) -> Any:
    reasons = []
    for branch in node["branches"]:
        try:
            return conform(value, branch)
        except UnreadableError as error:
            reasons.append(str(error))
    raise UnreadableError("; ".join(reasons))


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


_cache: dict[tuple[str, bool], Any] = {}


def _parsed(schema: Any, native: bool = False) -> Any:
    """fastavro's own form of a schema, made once; with the defaults as values where it is the reader's."""
    import fastavro

    key = json.dumps(schema, sort_keys=True), native
    if key not in _cache:
        found = fastavro.parse_schema(json.loads(key[0]))
        if native:
            _put_defaults(found, load(schema), set())
        _cache[key] = found
    return _cache[key]


def _put_defaults(parsed: Any, node: Node, done: set[int]) -> None:
    """fastavro hands out a default as JSON has it: text for bytes, a number for a time."""
    if id(node) in done or isinstance(parsed, str):
        return
    done.add(id(node))
    if node["type"] == "union":
        for part, branch in zip(parsed, node["branches"], strict=True):
            _put_defaults(part, branch, done)
    for inner in ("items", "values"):
        if inner in node:
            _put_defaults(parsed[inner], node[inner], done)
    for part, field in zip(
        parsed.get("fields", ()) if node["type"] == "record" else (), node.get("fields", ()), strict=True
    ):
        if "default" in field:
            part["default"] = native(field["default"], field["type"])
        _put_defaults(part["type"], field["type"], done)
