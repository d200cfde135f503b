"""Avro schemas as parsed JSON, made explicit: names resolved, defaults checked, references followed.

A node is a dict with a `type`; a union is {"type": "union", "branches": [...]}. A reference to a named type is the very
dict of its definition, so a recursive schema is a graph with a circle. Source: Avro specification 1.12.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

Node = dict[str, Any]

PRIMITIVES = frozenset(("null", "boolean", "int", "long", "float", "double", "bytes", "string"))
NAMED = frozenset(("record", "enum", "fixed"))
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RANGE = {"int": 2**31, "long": 2**63}
# Logical types by the types that may carry them; any other is ignored, as the specification asks.
_LOGICAL = {
    "int": {"date", "time-millis"},
    "long": {
        *("time-micros", "timestamp-millis", "timestamp-micros", "timestamp-nanos"),
        *("local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos"),
    },
    "bytes": {"decimal"},
    "fixed": {"decimal", "duration", "uuid"},
    "string": {"uuid"},
}


class SchemaError(ValueError):
    """What was given is no Avro schema; the message says where and why."""


def load(schema: Any) -> Node:
    """The schema as a graph of nodes; the argument is not changed. SchemaError if it is no Avro schema."""
    return _Loading().node(schema, "", "schema")


def logical(node: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Logical type of a node, with what tells two of them apart; None if it has none that counts."""
    name = node.get("logicalType")
    if not isinstance(name, str) or name not in _LOGICAL.get(node["type"], ()):
        return None
    if name != "decimal":
        return (name,)
    precision: Any = node.get("precision")
    scale: Any = node.get("scale", 0)
    if not _whole(precision) or not _whole(scale) or not 0 <= scale <= precision or precision < 1:
        return None
    return name, precision, scale


def short(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition(".")[2]


def label(node: Mapping[str, Any]) -> str:
    """What a node is, in a word or two."""
    if node["type"] == "union":
        return "[" + ", ".join(label(branch) for branch in node["branches"]) + "]"
    if node["type"] in NAMED:
        return f"{node['type']} {node['name']}"
    return f"{node['type']} ({node['logicalType']})" if logical(node) else node["type"]


def fits(default: Any, node: Node) -> bool:
    """True if a default, as JSON, is a value of the node's type; of a union: of one of its branches."""
    kind = node["type"]
    if kind == "union":
        return any(fits(default, branch) for branch in node["branches"])
    if kind in _RANGE:
        return _whole(default) and -_RANGE[kind] <= default < _RANGE[kind]
    if kind in ("float", "double"):
        return _whole(default) or (isinstance(default, float) and math.isfinite(default))
    if kind in ("bytes", "fixed"):
        sized = kind == "bytes" or (isinstance(default, str) and len(default) == node["size"])
        return sized and isinstance(default, str) and all(ord(letter) < 256 for letter in default)
    if kind == "array":
        return isinstance(default, list) and all(fits(item, node["items"]) for item in default)
    if kind == "map":
        return isinstance(default, dict) and all(fits(item, node["values"]) for item in default.values())
    if kind == "record":
        return isinstance(default, dict) and all(_field_fits(default, field) for field in node["fields"])
    if kind == "enum":
        return isinstance(default, str) and default in node["symbols"]
    return {
        "null": default is None,
        "boolean": isinstance(default, bool),
        "string": isinstance(default, str),
    }[kind]


def _field_fits(default: dict[str, Any], field: Node) -> bool:
    return fits(default[field["name"]], field["type"]) if field["name"] in default else "default" in field


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


class _Loading:
    """One schema on its way; the names that it has defined so far."""

    def __init__(self) -> None:
        self.named: dict[str, Node] = {}
        self.unfinished: set[str] = set()

    def node(self, schema: Any, space: str, where: str) -> Node:
        if isinstance(schema, str):
            return self._name(schema, space, where)
        if isinstance(schema, (list, tuple)):
            return self._union(schema, space, where)
        if not isinstance(schema, Mapping) or "type" not in schema:
            raise SchemaError(f"{where}: {schema!r} is no schema: a name, a union or an object with a type")
        kind = schema["type"]
        if not isinstance(kind, str):  # {"type": {"type": "string"}}
            return self.node(kind, space, where)
        kind = "record" if kind == "error" else kind
        if kind in PRIMITIVES:
            return {**schema, "type": kind}
        if kind == "array":
            return {"type": kind, "items": self.node(_part(schema, "items", where), space, f"{where}.items")}
        if kind == "map":
            return {
                "type": kind,
                "values": self.node(_part(schema, "values", where), space, f"{where}.values"),
            }
        if kind in NAMED:
            return self._definition({**schema, "type": kind}, space, where)
        return self._name(kind, space, where)

    def _name(self, name: str, space: str, where: str) -> Node:
        if name in PRIMITIVES:
            return {"type": name}
        found = self.named.get(_full(name, space)) or self.named.get(name)
        if found is None:
            raise SchemaError(f"{where}: no type {name!r} is known here")
        return found

    def _union(self, schema: Any, space: str, where: str) -> Node:
        branches = [self.node(branch, space, f"{where}[{place}]") for place, branch in enumerate(schema)]
        kinds = [branch["name"] if branch["type"] in NAMED else branch["type"] for branch in branches]
        if "union" in kinds:
            raise SchemaError(f"{where}: a union must not contain a union")
        if len(set(kinds)) < len(kinds):
            raise SchemaError(f"{where}: the branches of a union must differ in type: {kinds}")
        return {"type": "union", "branches": branches}

    def _definition(self, schema: Node, space: str, where: str) -> Node:
        given = _checked_name(_part(schema, "name", where), where, dots=True)
        space = given.rpartition(".")[0] if "." in given else str(schema.get("namespace", space) or "")
        name = _full(short(given), space)
        if name in self.named:
            raise SchemaError(f"{where}: {name} is defined twice")
        aliases = [
            _full(_checked_name(alias, where, dots=True), space) for alias in _list(schema, "aliases", where)
        ]
        node = self.named[name] = {**schema, "name": name, "aliases": aliases}
        if schema["type"] == "record":
            self.unfinished.add(name)
            fields = _list(schema, "fields", where, needed=True)
            node["fields"] = [self._field(field, space, f"{where}.{name}") for field in fields]
            _once([field["name"] for field in node["fields"]], "field", where)
            self.unfinished.remove(name)
        elif schema["type"] == "enum":
            symbols = [
                _checked_name(symbol, where) for symbol in _list(schema, "symbols", where, needed=True)
            ]
            _once(symbols, "symbol", where)
            if schema.get("default") is not None and schema["default"] not in symbols:
                raise SchemaError(
                    f"{where}: the default of {name}, {schema['default']!r}, is none of its symbols"
                )
        elif not _whole(schema.get("size")) or schema["size"] < 0:
            raise SchemaError(f"{where}: the size of {name} is no whole number")
        return node

    def _field(self, field: Any, space: str, where: str) -> Node:
        if not isinstance(field, Mapping):
            raise SchemaError(f"{where}: a field must be an object, not {field!r}")
        name = _checked_name(_part(field, "name", where), where)
        node: Node = {
            "name": name,
            "type": self.node(_part(field, "type", f"{where}.{name}"), space, f"{where}.{name}"),
            "aliases": [_checked_name(alias, where) for alias in _list(field, "aliases", where)],
        }
        if "default" in field:
            node["default"] = field["default"]
            # A default of a type that is still being defined can't be looked into yet.
            if not self._open(node["type"]) and not fits(field["default"], node["type"]):
                raise SchemaError(
                    f"{where}.{name}: the default {field['default']!r} is no {label(node['type'])}"
                )
        return node

    def _open(self, node: Node) -> bool:
        """True for a record whose fields are not read yet, also within a union, an array or a map."""
        inner = node.get("branches") or [node[name] for name in ("items", "values") if name in node]
        return node.get("name") in self.unfinished or any(map(self._open, inner))


def _full(name: str, space: str) -> str:
    return name if "." in name or not space else f"{space}.{name}"


def _part(schema: Mapping[str, Any], name: str, where: str) -> Any:
    if name not in schema:
        raise SchemaError(f"{where}: {schema.get('name') or schema.get('type')} has no {name}")
    return schema[name]


def _list(schema: Mapping[str, Any], name: str, where: str, needed: bool = False) -> list[Any]:
    found = _part(schema, name, where) if needed else schema.get(name) or []
    if not isinstance(found, (list, tuple)):
        raise SchemaError(f"{where}: {name} must be a list, not {found!r}")
    return list(found)


def _once(names: list[str], what: str, where: str) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SchemaError(f"{where}: {what} {twice[0]} is there twice")


def _checked_name(name: Any, where: str, dots: bool = False) -> str:
    parts = name.split(".") if dots and isinstance(name, str) else [name]
    if not all(isinstance(part, str) and _NAME.fullmatch(part) for part in parts):
        raise SchemaError(f"{where}: {name!r} can't be a name in Avro: letters, digits and _, no digit first")
    return str(name)
