"""What a team does to a flat part of the order's schema, one small edit at a time, at equal odds."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

NAMES = ("note", "channel", "currency", "coupon", "weight", "priority")  # that come, go, and come back
_TYPES = {"string": "", "int": 0, "long": 0, "double": 0.0, "boolean": False}
_WIDER = {"int": "long", "long": "double"}
Edit = Callable[[Any, random.Random], None]


def edit(schema: Any, rng: random.Random) -> None:
    """One edit of the record `schema`, in place; it may turn out to change nothing."""
    rng.choice(EDITS)(schema, rng)


def _plain(schema: Any) -> list[Any]:
    return [field for field in schema["fields"] if isinstance(field["type"], str) and field["type"] in _TYPES]


def _add(schema: Any, rng: random.Random) -> None:
    name = rng.choice(NAMES)
    taken = {known for field in schema["fields"] for known in (field["name"], *field.get("aliases", ()))}
    if name not in taken:
        kind = rng.choice(list(_TYPES))
        schema["fields"].append({"name": name, "type": kind, "default": _TYPES[kind]})


def _remove(schema: Any, rng: random.Random) -> None:
    if len(found := _plain(schema)) > 2:
        schema["fields"].remove(rng.choice(found))


def _rename(schema: Any, rng: random.Random) -> None:
    """With the latest name as the only alias, as it is often done."""
    field = rng.choice(_plain(schema))
    field["aliases"] = [field["name"]]
    field["name"] = f"{field['name'].rstrip('0123456789')}{rng.randint(1, 10**6)}"


def _drop_default(schema: Any, rng: random.Random) -> None:
    rng.choice(_plain(schema)).pop("default", None)


def _drop_aliases(schema: Any, rng: random.Random) -> None:
    rng.choice(schema["fields"]).pop("aliases", None)


def _widen(schema: Any, rng: random.Random) -> None:
    field = rng.choice(_plain(schema))
    field["type"] = _WIDER.get(field["type"], field["type"])
    if "default" in field:
        field["default"] = _TYPES[field["type"]]


EDITS: tuple[Edit, ...] = (_add, _remove, _rename, _drop_default, _drop_aliases, _widen)
