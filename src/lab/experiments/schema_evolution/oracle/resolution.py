"""What a reader's schema must make of a value, by Avro's rules of schema resolution (specification 1.12).

It works on values, one at a time, and never compares two schemas as a whole: so it can judge who does. Where the rules
are kept and the value is no longer what was written, it says so: in a JVM a long that is read as a float is rounded to 24
bits, and bytes of a decimal are read with the reader's scale.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lab.experiments.schema_evolution.oracle.binary import Plan, definition

_WIDER = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}
_PER_SECOND = {"timestamp-millis": 10**3, "timestamp-micros": 10**6}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RefusedError(Exception):
    """The specification asks a reader to signal an error here."""


@dataclass
class Expected:
    """What a reader must get. value: with the reader's logical types, as the JVM has it; by_writer: with the writer's, as
    Python's libraries have it. losses: by which a value stopped being what was written."""

    value: Any = None
    by_writer: Any = None
    losses: list[str] = field(default_factory=list)


def resolve(value: Any, writer: Plan, reader: Plan) -> Expected:
    """What must come of `value` (see `binary`), written with `writer`. RefusedError where an error is due."""
    rules = _Rules(writer.named, reader.named)
    found = rules.value(value, (writer.schema, ""), (reader.schema, ""))
    return Expected(found[0], found[1], rules.losses)


Place = tuple[Any, str]  # a schema, and the namespace in which it stands
Both = tuple[Any, Any]


class _Rules:
    def __init__(self, written: Mapping[str, Any], read: Mapping[str, Any]) -> None:
        self.written, self.read = written, read
        self.losses: list[str] = []

    def value(self, value: Any, writer: Place, reader: Place) -> Both:
        w, r = definition(writer[0], self.written, writer[1]), definition(reader[0], self.read, reader[1])
        if isinstance(w, list):
            return self.value(value.value, (w[value.branch], writer[1]), reader)
        if isinstance(r, list):
            for branch in r:
                if _match(w, definition(branch, self.read, reader[1])):
                    return self.value(value, writer, (branch, reader[1]))
            raise RefusedError("no branch of the reader's union")
        if not _match(w, r):
            raise RefusedError(f"{w['type']} as {r['type']}")
        spaces = w.get("_space", writer[1]), r.get("_space", reader[1])
        if w["type"] == "record":
            return self._record(value, w, r, spaces)
        if w["type"] == "array":
            items = [self.value(item, (w["items"], spaces[0]), (r["items"], spaces[1])) for item in value]
            return [one for one, _ in items], [other for _, other in items]
        if w["type"] == "map":
            pairs = {
                key: self.value(item, (w["values"], spaces[0]), (r["values"], spaces[1]))
                for key, item in value.items()
            }
            return {key: one for key, (one, _) in pairs.items()}, {
                key: other for key, (_, other) in pairs.items()
            }
        if w["type"] == "enum":
            return (self._symbol(value, r),) * 2
        return self._scalar(value, w, r)

    def _record(self, value: Mapping[str, Any], w: Any, r: Any, spaces: tuple[str, str]) -> Both:
        one, other = {}, {}
        types = {item["name"]: item["type"] for item in w["fields"]}
        for wanted in r["fields"]:
            name = next(
                (name for name in (wanted["name"], *wanted.get("aliases", ())) if name in types), None
            )
            if name is not None:
                found = self.value(value[name], (types[name], spaces[0]), (wanted["type"], spaces[1]))
            elif "default" in wanted:
                found = (_given(wanted["default"], (wanted["type"], spaces[1]), self.read),) * 2
            else:
                raise RefusedError(f"no default for {wanted['name']}")
            one[wanted["name"]], other[wanted["name"]] = found
        return one, other

    def _symbol(self, symbol: str, r: Any) -> str:
        if symbol in r["symbols"]:
            return symbol
        if "default" not in r:
            raise RefusedError(f"no symbol {symbol}")
        self.losses.append("enum default")
        return str(r["default"])

    def _scalar(self, value: Any, w: Any, r: Any) -> Both:
        made: Any = value
        if r["type"] in ("float", "double") and w["type"] in ("int", "long"):
            made = _single(value) if r["type"] == "float" else float(value)
            if Fraction(made) != value:
                self.losses.append("precision")
        elif w["type"] == "string" and r["type"] == "bytes":
            made = value.encode()
        elif w["type"] == "bytes" and r["type"] == "string":
            try:
                made = value.decode()
            except UnicodeDecodeError:
                raise RefusedError("bytes that are no text") from None
        if _meaning(value, w) != _meaning(made, r) and (_named(w) or _named(r)):
            self.losses.append("logical type")
        return _python(made, r), _python(
            value if _named(w) else made, w if _named(w) else {"type": r["type"]}
        )


def _match(w: Any, r: Any) -> bool:
    if isinstance(w, list) or isinstance(r, list):
        return True
    if w["type"] != r["type"]:
        return r["type"] in _WIDER.get(w["type"], ())
    if "_name" not in w:
        return True
    aliases = [
        name if "." in name or not r["_space"] else f"{r['_space']}.{name}" for name in r.get("aliases", ())
    ]
    same = w["_name"].rpartition(".")[2] == r["_name"].rpartition(".")[2] or w["_name"] in aliases
    return same and w.get("size") == r.get("size")


def _named(node: Any) -> str:
    name = node.get("logicalType", "")
    carrier = {"decimal": "bytes", "date": "int"}.get(name, "long" if name in _PER_SECOND else "")
    return name if carrier == node["type"] else ""


def _meaning(value: Any, node: Any) -> tuple[Any, ...]:
    """What a value stands for, exactly: equal in writer and reader, or something was lost."""
    name = _named(node)
    if name == "decimal":
        unscaled = int.from_bytes(value, "big", signed=True)
        return name, Fraction(unscaled, 10 ** node.get("scale", 0)), abs(unscaled) < 10 ** node["precision"]
    if name in _PER_SECOND:
        return "time", Fraction(value, _PER_SECOND[name])
    return (name, value)


def _python(value: Any, node: Any) -> Any:
    """The value that Python has for an underlying one; the number itself where Python's calendar ends."""
    name = _named(node)
    try:
        if name == "decimal":
            return Decimal(int.from_bytes(value, "big", signed=True)).scaleb(-node.get("scale", 0))
        if name == "date":
            return date(1970, 1, 1) + timedelta(days=value)
        if name in _PER_SECOND:
            return _EPOCH + timedelta(microseconds=value * (10**6 // _PER_SECOND[name]))
    except OverflowError:
        return value
    return value


def _given(default: Any, place: Place, named: Mapping[str, Any]) -> Any:
    """A default, as JSON has it, as a value of the reader's type; of a union: of the first branch that it fits."""
    node = definition(place[0], named, place[1])
    if isinstance(node, list):
        branches = [definition(branch, named, place[1]) for branch in node]
        return _given(
            default, (next(branch for branch in branches if _json_fits(default, branch)), place[1]), named
        )
    space = node.get("_space", place[1])
    if node["type"] in ("bytes", "fixed"):
        return _python(default.encode("latin-1"), node)
    if node["type"] == "array":
        return [_given(item, (node["items"], space), named) for item in default]
    if node["type"] == "map":
        return {key: _given(item, (node["values"], space), named) for key, item in default.items()}
    if node["type"] == "record":
        whole = {item["name"]: item.get("default") for item in node["fields"]} | default
        return {
            item["name"]: _given(whole[item["name"]], (item["type"], space), named) for item in node["fields"]
        }
    return float(default) if node["type"] in ("float", "double") else _python(default, node)


def _json_fits(default: Any, node: Any) -> bool:
    kinds = {"null": type(None), "boolean": bool, "string": str, "bytes": str, "fixed": str, "enum": str}
    kinds |= {"int": int, "long": int, "array": list, "map": dict, "record": dict}
    expected = kinds.get(node["type"], (int, float))
    return isinstance(default, expected) and (isinstance(default, bool) == (node["type"] == "boolean"))


def same(found: Any, expected: Any) -> bool:
    """True if a decoder's value is the expected one; a reader's float may have come as the number that it was rounded from."""
    if isinstance(expected, dict):
        return (
            isinstance(found, Mapping)
            and found.keys() == expected.keys()
            and all(same(found[key], expected[key]) for key in expected)
        )
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, bool) or isinstance(found, bool):
        return found is expected
    if isinstance(expected, float) and isinstance(found, (int, float)):
        return (
            found == expected
            or float(found) == expected
            or _single(found) == expected
            or (found != found and expected != expected)
        )
    if isinstance(expected, int):
        return isinstance(found, (int, float)) and found == expected
    return type(found) is type(expected) and bool(found == expected)


def _single(number: float) -> float:
    try:
        return float(struct.unpack("<f", struct.pack("<f", number))[0])
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")
