"""Avro's binary encoding (specification 1.12), written from the specification alone.

A value is a number, text, bytes, list or dict as the schema's *underlying* type has it: a decimal is bytes, a timestamp a
number. A value of a union is `Chosen`, because the bytes name the branch.
"""

from __future__ import annotations

import copy
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Chosen:
    """A value of a union, by its branch."""

    branch: int
    value: Any


@dataclass(frozen=True)
class Plan:
    """A copy of a schema in which each definition has its full name as `_name` and its namespace as `_space`."""

    schema: Any
    named: Mapping[str, Any]


def plan(schema: Any) -> Plan:
    """The schema, made ready for `encode` and `resolve`; the argument stays as it is."""
    copied = copy.deepcopy(schema)
    named: dict[str, Any] = {}
    _names(copied, "", named)
    return Plan(copied, named)


def _names(schema: Any, space: str, found: dict[str, Any]) -> None:
    for part in schema if isinstance(schema, list) else [schema]:
        if isinstance(part, dict):
            _define(part, space, found)


def _define(part: dict[str, Any], space: str, found: dict[str, Any]) -> None:
    if "name" in part:
        full = (
            part["name"]
            if "." in part["name"]
            else f"{part.get('namespace', space)}.{part['name']}".lstrip(".")
        )
        space = full.rpartition(".")[0]
        part["_name"], part["_space"] = full, space
        found[full] = part
    for inner in (
        part.get("items"),
        part.get("values"),
        *(field["type"] for field in part.get("fields", ())),
    ):
        if inner is not None:
            _names(inner, space, found)


def definition(schema: Any, named: Mapping[str, Any], space: str) -> Any:
    """A union as its list; anything else as a dict with a `type`, references followed."""
    if isinstance(schema, str):
        return named.get(f"{space}.{schema}".lstrip("."), named.get(schema, {"type": schema}))
    return schema


def encode(value: Any, schema: Plan) -> bytes:
    """The bytes of `value` (see above) under `schema`."""
    return _encode(value, schema.schema, schema.named, "")


def _encode(value: Any, schema: Any, named: Mapping[str, Any], space: str) -> bytes:
    node = definition(schema, named, space)
    if isinstance(node, list):
        return varint(value.branch) + _encode(value.value, node[value.branch], named, space)
    kind, space = node["type"], node.get("_space", space)
    if kind == "record":
        return b"".join(
            _encode(value[field["name"]], field["type"], named, space) for field in node["fields"]
        )
    if kind in ("array", "map"):
        return _blocks(value, node, named, space)
    if kind == "enum":
        return varint(node["symbols"].index(value))
    return _scalar(value, kind)


def _blocks(value: Any, node: dict[str, Any], named: Mapping[str, Any], space: str) -> bytes:
    if node["type"] == "array":
        parts = [_encode(item, node["items"], named, space) for item in value]
    else:
        parts = [
            _scalar(key, "string") + _encode(item, node["values"], named, space)
            for key, item in value.items()
        ]
    return (varint(len(parts)) + b"".join(parts) if parts else b"") + varint(0)


def _scalar(value: Any, kind: str) -> bytes:
    if kind in ("int", "long"):
        return varint(value)
    if kind in ("string", "bytes"):
        raw = value.encode() if kind == "string" else value
        return varint(len(raw)) + raw
    if kind in ("float", "double"):
        return struct.pack("<f" if kind == "float" else "<d", value)
    return {"null": b"", "boolean": b"\x01" if value else b"\x00"}.get(kind, value)  # a fixed is its bytes


def varint(number: int) -> bytes:
    """A number in zig-zag and seven bits a byte, the lowest first."""
    left, made = (number << 1) ^ (number >> 63), bytearray()
    while left > 127:
        made.append(left & 127 | 128)
        left >>= 7
    return bytes([*made, left])
