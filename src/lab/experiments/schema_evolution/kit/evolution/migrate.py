"""Values of one schema version as values of another, up or down, without a loss that nobody has allowed.

Going up, a reader's own rules suffice. Going down they do not: a field has its old name back, a long must fit into an int
again, a new symbol has no place. `convert` does what can be done exactly and refuses the rest, by value.

    python -m evolution migrate IN.avro OUT.avro SCHEMA.avsc
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from .compatibility import PROMOTIONS
from .decoding import UnreadableError, conform
from .libraries import native
from .schema import NAMED, Node, label, load, logical, short

_BOUNDS = {"int": 2**31, "long": 2**63}
_NUMBERS = ("int", "long", "float", "double")


def convert(value: Any, source: Any, target: Any, symbols: Mapping[str, str] | None = None) -> Any:
    """`value`, decoded with the schema `source`, as a value of the schema `target`.

    symbols: what a symbol becomes that the target's enum has not. UnreadableError, naming field and value, for what has no
    exact counterpart: a number that does not fit, a symbol without one, a field that must be there and has no default.
    """
    return _Conversion(symbols or {}).value(value, load(source), load(target), "")


class _Conversion:
    def __init__(self, symbols: Mapping[str, str]) -> None:
        self.symbols = symbols

    def value(self, value: Any, source: Node, target: Node, path: str) -> Any:
        if source["type"] == "union":
            source = _branch_of(value, source)
        if target["type"] == "union":
            target = _target(source, target, path)
        kind = target["type"]
        if source["type"] == kind == "record":
            return self._record(value, source, target, path)
        if source["type"] == kind == "array":
            return [self.value(item, source["items"], target["items"], f"{path}[]") for item in value]
        if source["type"] == kind == "map":
            return {
                key: self.value(item, source["values"], target["values"], f"{path}[{key}]")
                for key, item in value.items()
            }
        if source["type"] == kind == "enum":
            return self._symbol(value, target, path)
        return _scalar(value, source, target, path)

    def _record(self, value: Mapping[str, Any], source: Node, target: Node, path: str) -> dict[str, Any]:
        made = {}
        for field in target["fields"]:
            where = f"{path}/{field['name']}"
            other = _counterpart(field, source)
            if other is not None:
                made[field["name"]] = self.value(value[other["name"]], other["type"], field["type"], where)
            elif "default" in field:
                made[field["name"]] = native(field["default"], field["type"])
            else:
                raise UnreadableError(f"{where}: there is no such field in the source, and no default for it")
        return made

    def _symbol(self, value: str, target: Node, path: str) -> str:
        for symbol in (value, self.symbols.get(value)):
            if symbol in target["symbols"]:
                return str(symbol)
        raise UnreadableError(
            f"{path}: {short(target['name'])} has no {value}, and nothing is said to take its place"
        )


def _counterpart(field: Node, source: Node) -> Node | None:
    """The source's field for a target's: by name, by the target's aliases, or by the source's own (the way down)."""
    names = {field["name"], *field["aliases"]}
    fields = sorted(source["fields"], key=lambda item: item["name"] != field["name"])
    return next((item for item in fields if item["name"] in names or field["name"] in item["aliases"]), None)


def _branch_of(value: Any, union: Node) -> Node:
    for branch in union["branches"]:
        try:
            conform(value, branch)
            return branch
        except UnreadableError:
            continue
    raise UnreadableError(f"{value!r} is none of {label(union)}")


def _target(source: Node, union: Node, path: str) -> Node:
    """The union's branch of the source's own type, else the first to which it can be promoted."""
    same = [branch for branch in union["branches"] if _alike(branch, source)]
    wider = [branch for branch in union["branches"] if branch["type"] in PROMOTIONS.get(source["type"], ())]
    if not same + wider:
        raise UnreadableError(f"{path}: {label(source)} has no place in {label(union)}")
    return (same + wider)[0]


def _alike(one: Node, other: Node) -> bool:
    if one["type"] != other["type"] or one["type"] not in NAMED:
        return bool(one["type"] == other["type"])
    names = {one["name"], *one["aliases"]}, {other["name"], *other["aliases"]}
    return bool({short(name) for name in names[0]} & {short(name) for name in names[1]})


def _scalar(value: Any, source: Node, target: Node, path: str) -> Any:
    kind, named = target["type"], logical(target)
    if named and named[0] == "decimal" and isinstance(value, Decimal):
        return _decimal(value, named, path)
    if logical(source) != named:
        raise UnreadableError(f"{path}: {label(source)} has no exact counterpart in {label(target)}")
    if source["type"] in _NUMBERS and kind in _NUMBERS:
        return value if named else _number(value, kind, path)
    if source["type"] == "string" and kind == "bytes":
        return value.encode()
    if source["type"] == "bytes" and kind == "string":
        return _text(value, path)
    if source["type"] != kind or source.get("size") != target.get("size"):
        raise UnreadableError(f"{path}: {label(source)} has no exact counterpart in {label(target)}")
    return value


def _decimal(value: Decimal, named: tuple[Any, ...], path: str) -> Decimal:
    _, precision, scale = named
    unscaled = value.scaleb(scale)
    if unscaled != unscaled.to_integral_value() or abs(unscaled) >= 10**precision:
        raise UnreadableError(
            f"{path}: {value} does not fit into a decimal of {precision} digits, {scale} of them behind the point"
        )
    return unscaled.to_integral_value().scaleb(-scale)


def _number(value: Any, kind: str, path: str) -> Any:
    if kind in _BOUNDS:
        if (
            value != value
            or value in (float("inf"), -float("inf"))
            or int(value) != value
            or not -_BOUNDS[kind] <= value < _BOUNDS[kind]
        ):
            raise UnreadableError(f"{path}: {value} is no {kind}")
        return int(value)
    narrowed = float(value)
    if kind == "float" and abs(narrowed) < 3.5e38:
        narrowed = struct.unpack("<f", struct.pack("<f", narrowed))[0]
    if value == value and narrowed != value:
        raise UnreadableError(f"{path}: {value} is no {kind}, the nearest one is {narrowed}")
    return narrowed


def _text(value: bytes, path: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise UnreadableError(f"{path}: {value!r} is no text in UTF-8") from None
