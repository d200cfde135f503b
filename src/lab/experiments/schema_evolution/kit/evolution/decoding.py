"""Decode messages of any version to the schema that an application was written for, or refuse in words.

Three things are done that Avro's Python libraries leave to their callers: the two schemas are compared before the first
message is decoded; names are made the reader's own, so that a library that ignores aliases reads them; and the value is
held against the reader's schema, so that a default or a promotion that has another type does not pass.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from .aliases import apply_aliases
from .compatibility import Break, compatible
from .libraries import fastavro_read
from .schema import Node, load, logical

Read = Callable[[bytes, Any, Any], Any]  # (payload, writer's schema, reader's schema) -> value

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
    are refused. read: `fastavro_read`, `avro_read` or another library's decoding. SchemaError if `schema` is none.
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


def conform(value: Any, node: Node) -> Any:
    """A copy of `value`, whose lists and dicts nobody shares. UnreadableError if it is not of the schema's type."""
    kind = node["type"]
    if kind == "union":
        return _of_branch(value, node)
    named = logical(node)
    expected: Any = _LOGICAL.get(named[0], object) if named else _PLAIN[kind]
    if named and kind == "fixed" and named[0] == "uuid":  # both libraries leave it the bytes that it is
        expected = (uuid.UUID, bytes)
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
