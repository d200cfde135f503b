"""Random edits of a schema, one at a time; some keep old data readable and some do not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

Schema = Any
PRIMITIVES = ("boolean", "int", "long", "float", "double", "string", "bytes")
DEFAULTS = {
    "boolean": True,
    "int": 7,
    "long": -1,
    "float": 0.5,
    "double": 2.25,
    "string": "none",
    "bytes": "\u00ff\u0001",
    "null": None,
}
TIMES = ("timestamp-millis", "timestamp-micros")


def nodes(schema: Schema) -> Iterator[dict[str, Any]]:
    """Every definition and field of a schema, as the dicts that hold them."""
    for part in schema if isinstance(schema, list) else [schema]:
        if isinstance(part, dict):
            yield part
            for inner in (part.get("items"), part.get("values")):
                yield from nodes(inner) if inner is not None else ()
            for field in part.get("fields", ()):
                yield field
                yield from nodes(field["type"])


def edit(schema: Schema, rng: random.Random) -> str:
    """Change `schema` in place at random; the name of what was done."""
    found = list(nodes(schema))
    records = [node for node in found if "fields" in node]
    fields = [field for record in records for field in record["fields"]]
    plain = [field for field in fields if isinstance(field["type"], str) and field["type"] in PRIMITIVES]
    unions = [field for field in fields if isinstance(field["type"], list)]
    of = {kind: [node for node in found if node.get("type") == kind] for kind in ("enum", "fixed")}
    logical = [node for node in found if "logicalType" in node]
    targets: dict[Callable[[Any, random.Random], str], list[Any]] = {
        _add: records,
        _remove: [record for record in records if len(record["fields"]) > 1],
        _rename: fields,
        _reorder: records,
        _retype: plain,
        _wrap: plain,
        _branches: unions,
        _symbols: of["enum"],
        _resize: of["fixed"],
        _relogic: logical,
        _default: plain,
        _rename_type: [
            node
            for node in found
            if "name" in node and node.get("type") in ("record", "enum", "fixed") and node is not schema
        ],
    }
    change = rng.choice([change for change, places in targets.items() if places])
    return change(rng.choice(targets[change]), rng)


def _add(record: Any, rng: random.Random) -> str:
    kind = rng.choice(PRIMITIVES)
    more = {"default": DEFAULTS[kind]} if rng.random() < 0.6 else {}
    record["fields"].insert(
        rng.randint(0, len(record["fields"])), {"name": f"n{rng.randint(0, 9**6)}", "type": kind, **more}
    )
    return "add a field, default" if more else "add a field, none"


def _remove(record: Any, rng: random.Random) -> str:
    # A definition that goes with its field would leave references without a type; `valid` sorts those out.
    record["fields"].pop(rng.randrange(len(record["fields"])))
    return "remove a field"


def _rename(field: Any, rng: random.Random) -> str:
    alias = rng.random() < 0.6
    if alias:
        field["aliases"] = [field["name"]]
    field["name"] = f"r{rng.randint(0, 9**6)}"
    return "rename a field, alias" if alias else "rename a field, none"


def _reorder(record: Any, rng: random.Random) -> str:
    # A type must be defined before its name is used; `valid` sorts out what this breaks.
    rng.shuffle(record["fields"])
    return "reorder fields"


def _retype(field: Any, rng: random.Random) -> str:
    was, field["type"] = field["type"], rng.choice(PRIMITIVES)
    if "default" in field:
        field["default"] = DEFAULTS[field["type"]]
    return f"{was} to {field['type']}"


def _wrap(field: Any, rng: random.Random) -> str:
    field["type"] = ["null", field["type"]] if "default" not in field else [field["type"], "null"]
    return "allow null"


def _branches(field: Any, rng: random.Random) -> str:
    union = field["type"]
    what = rng.choice(("add a branch", "remove a branch", "reorder branches", "unwrap a union"))
    field.pop("default", None)
    if what == "add a branch":
        union.append(rng.choice([kind for kind in PRIMITIVES if kind not in union]))
    elif what == "remove a branch" and len(union) > 1:
        union.pop(rng.randrange(len(union)))
    elif what == "reorder branches":
        rng.shuffle(union)
    else:
        field["type"] = union[-1]
    return what


def _symbols(enum: Any, rng: random.Random) -> str:
    what = rng.choice(("add a symbol", "remove a symbol", "enum default"))
    if what == "add a symbol":
        enum["symbols"] = [*enum["symbols"], "D"] if "D" not in enum["symbols"] else ["D"]
    elif what == "remove a symbol":
        enum["symbols"] = enum["symbols"][:-1] or ["A"]
    else:
        enum["default"] = enum["symbols"][0]
    return what


def _resize(fixed: Any, rng: random.Random) -> str:
    fixed["size"] += 1
    return "resize a fixed"


def _relogic(node: Any, rng: random.Random) -> str:
    if rng.random() < 0.3:
        del node["logicalType"]
        return "drop a logical type"
    if node["logicalType"] == "decimal":
        name = rng.choice(("scale", "precision"))
        node[name] += 2
        return f"decimal's {name}"
    if node["logicalType"] in TIMES:
        node["logicalType"] = TIMES[1 - TIMES.index(node["logicalType"])]
        return "unit of a timestamp"
    node["type"] = "long"
    return "date as long"


def _default(field: Any, rng: random.Random) -> str:
    if "default" in field:
        del field["default"]
        return "drop a default"
    field["default"] = DEFAULTS[field["type"]]
    return "give a default"


def _rename_type(node: Any, rng: random.Random) -> str:
    alias = rng.random() < 0.5
    if alias:
        node["aliases"] = [node["name"]]
    node["name"] = f"{node['name']}x"
    return "rename a type, alias" if alias else "rename a type, none"
