"""A history of the schema of an order: eight versions, each a step that a team takes, and changes that may come next."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

MONEY = {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}
MOMENT = {"type": "long", "logicalType": "timestamp-millis"}

FIRST: Schema = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "fields": [
        {"name": "order_id", "type": "string"},
        {"name": "customer", "type": "long"},
        {"name": "quantity", "type": "int"},
        {"name": "net", "type": MONEY},
        {"name": "gross", "type": MONEY},
        {"name": "status", "type": {"type": "enum", "name": "Status", "symbols": ["NEW", "PAID", "SHIPPED"]}},
        {"name": "placed", "type": MOMENT},
        {
            "name": "ship_to",
            "type": {
                "type": "record",
                "name": "Address",
                "fields": [
                    {"name": "street", "type": "string"},
                    {"name": "city", "type": "string"},
                    {"name": "country", "type": "string"},
                ],
            },
        },
        {"name": "bill_to", "type": ["null", "Address"], "default": None},
        {"name": "note", "type": ["null", "string"], "default": None},
        {
            "name": "parts",
            "type": {
                "type": "array",
                "items": {
                    "type": "record",
                    "name": "Part",
                    "fields": [
                        {"name": "sku", "type": "string"},
                        {"name": "count", "type": "int"},
                        {"name": "parts", "type": {"type": "array", "items": "Part"}},
                    ],
                },
            },
        },
    ],
}


@dataclass(frozen=True)
class Change:
    """A step from one version to the next. edit: changes a copy of the schema in place."""

    name: str
    edit: Callable[[Schema], None]

    def __call__(self, schema: Schema) -> Schema:
        made = copy.deepcopy(schema)
        self.edit(made)
        return made


def field(schema: Schema, name: str) -> Schema:
    """The field of that name, of the order, its address or its parts (`Address.city`)."""
    owner, _, last = name.rpartition(".")
    fields = _definition(schema, owner)["fields"] if owner else schema["fields"]
    return next(item for item in fields if item["name"] == last)


def _definition(schema: Any, name: str) -> Schema:
    if isinstance(schema, list):
        return next(filter(None, (_definition(part, name) for part in schema)), {})
    if not isinstance(schema, dict):
        return {}
    if schema.get("name") == name:
        return schema
    inner = [schema.get("items"), schema.get("values"), *(item["type"] for item in schema.get("fields", ()))]
    return next(filter(None, (_definition(part, name) for part in inner)), {})


def _add(name: str, kind: Any, owner: str = "", **more: Any) -> Callable[[Schema], None]:
    def edit(schema: Schema) -> None:
        (_definition(schema, owner) if owner else schema)["fields"].append(
            {"name": name, "type": copy.deepcopy(kind), **more}
        )

    return edit


def _remove(name: str) -> Callable[[Schema], None]:
    return lambda schema: schema["fields"].remove(field(schema, name))


def _set(at: str, **more: Any) -> Callable[[Schema], None]:
    return lambda schema: field(schema, at).update(copy.deepcopy(more))


def _rename(name: str, to: str, alias: bool = True, keep: bool = True) -> Callable[[Schema], None]:
    """alias: the name that it had; keep: the aliases that it has already."""

    def edit(schema: Schema) -> None:
        found = field(schema, name)
        known = [*([name] if alias else []), *(found.pop("aliases", []) if keep else [])]
        found.update({"name": to} | ({"aliases": known} if known else {}))

    return edit


def _symbols(schema: Schema, *, without: str = "", add: str = "", **more: Any) -> None:
    status = _definition(schema, "Status")
    status["symbols"] = [symbol for symbol in status["symbols"] if symbol != without] + ([add] if add else [])
    status.update(more)


def _swap(schema: Schema, one: str, other: str) -> None:
    fields, names = schema["fields"], [item["name"] for item in schema["fields"]]
    a, b = names.index(one), names.index(other)
    fields[a], fields[b] = fields[b], fields[a]


def _forbid_null(schema: Schema) -> None:
    del field(schema, "bill_to")["default"]
    field(schema, "bill_to")["type"] = "shop.Address"


def _retitle(schema: Schema, **more: Any) -> None:
    schema.update(more)


# What happened, oldest first; each gives the next version.
STEPS = (
    Change("add a field with a default", _add("channel", "string", default="web")),
    Change("rename a field, with an alias", _rename("customer", "client")),
    Change("widen int to long", _set("quantity", type="long")),
    Change("give the enum a default", lambda schema: _symbols(schema, add="UNKNOWN", default="UNKNOWN")),
    Change("add a symbol to the enum", lambda schema: _symbols(schema, add="RETURNED")),
    Change("remove a field that has a default", _remove("note")),
    Change("swap two fields of one type", lambda schema: _swap(schema, "net", "gross")),
)


def history() -> list[Schema]:
    """Versions 1 to 8."""
    made = [FIRST]
    for step in STEPS:
        made.append(step(made[-1]))
    return copy.deepcopy(made)


# The drill's bad version, and the same as it should have been.
BAD = Change("rename, no alias", _rename("client", "buyer", alias=False))
EXPLAINED = Change("rename, all aliases", _rename("client", "buyer"))

# What may come next, applied to the latest version.
CHANGES = (
    Change("add a field, default", _add("currency", "string", default="EUR")),
    Change("add a field, no default", _add("currency", "string")),
    Change("add to a shared type", _add("zip", "string", owner="Address")),
    Change("add a link to itself", _add("origin", ["null", "shop.Order"], default=None)),
    Change("remove a field, default", _remove("channel")),
    Change("remove a field, no default", _remove("quantity")),
    Change("re-add as another type", _add("note", "long", default=0)),
    EXPLAINED,
    Change("rename, last alias only", _rename("client", "buyer", keep=False)),
    BAD,
    Change("drop an old alias", lambda schema: field(schema, "client").pop("aliases") and None),
    Change("swap two fields", lambda schema: _swap(schema, "net", "gross")),
    Change("change a default", _set("channel", default="shop")),
    Change("drop a default", lambda schema: field(schema, "channel").pop("default") and None),
    Change("long to double", _set("quantity", type="double")),
    Change("long to int", _set("quantity", type="int")),
    Change("long to string", _set("client", type="string")),
    Change("allow null", _set("client", type=["null", "long"])),
    Change("forbid null", _forbid_null),
    Change("add a symbol", lambda schema: _symbols(schema, add="LOST")),
    Change("remove a symbol", lambda schema: _symbols(schema, without="RETURNED")),
    Change("drop the enum's default", lambda schema: _definition(schema, "Status").pop("default") and None),
    Change("decimal: another scale", _set("net", type=MONEY | {"scale": 4})),
    Change(
        "millis to micros",
        _set("placed", type=MOMENT | {"logicalType": "timestamp-micros"}),
    ),
    Change("rename the record", lambda schema: _retitle(schema, name="Purchase")),
    Change("move the namespace", lambda schema: _retitle(schema, namespace="sales")),
)
