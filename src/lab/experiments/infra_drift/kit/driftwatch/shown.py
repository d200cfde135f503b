"""What a plan as JSON tells of: drift of what is managed, and what is listed but in no state."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Listed = Iterable[tuple[str, str, str]]  # type of resource, attribute that names it, its name
Shown = Mapping[str, Any]  # a plan, by `tofu show -json`
Actions = {
    ("no-op",): "no-op",
    ("update",): "update",
    ("create",): "create",
    ("delete",): "delete",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("read",): "no-op",
    ("forget",): "delete",
}
HARM = ("no-op", "create", "update", "replace", "delete")  # ascending
HIDDEN = "(sensitive)"


@dataclass(frozen=True)
class Drift:
    """One object that is not as it was left.

    action: what applying the configuration would do about it: update, create, replace, delete; no-op where the configuration
    does not say how it should be; unknown where planning failed before it came to that. before, after: the attributes that
    changed, None for an object that is not there. unmanaged: it is in no state; then action is no-op too.
    """

    address: str
    action: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    unmanaged: bool = False


def managed(shown: Shown) -> Iterator[Drift]:
    """Drift that a plan tells of.

    Providers write null for what a server calls empty, or the other way round. Where applying would do nothing about it
    (no-op), that is no change by anybody.
    """
    wanted, otherwise = actions(shown), "unknown" if shown.get("errored") else "no-op"
    for item in shown.get("resource_drift", ()):
        if item.get("mode", "managed") == "managed" and "deposed" not in item:
            action = wanted.get(item["address"], otherwise)
            before, after = _changed(item["change"], loosely=action == "no-op")
            if before != {} or after != {}:
                yield Drift(item["address"], action, before, after)


def unmanaged(shown: Shown, listed: Listed) -> list[Drift]:
    """What is listed and in no state, nor about to be made; by the attribute that names it, for others may hold the same word."""
    known = {
        (item["type"], attribute, str(value))
        for item in objects(shown)
        for attribute, value in item["values"].items()
        if isinstance(value, (str, int))
    }
    return [
        Drift(f"{kind}:{name}", "no-op", None, {attribute: name}, unmanaged=True)
        for kind, attribute, name in listed
        if (kind, attribute, name) not in known
    ]


def actions(shown: Shown) -> dict[str, str]:
    """What the plan would do, by address, where it would do anything; the most harmful where an address stands for several
    objects, as one that was deposed and awaits its end does beside the one that took its place.
    """
    found: dict[str, str] = {}
    for item in shown.get("resource_changes", ()):
        if item.get("mode", "managed") == "managed":
            action = Actions.get(tuple(item["change"]["actions"]), "replace")
            found[item["address"]] = max(found.get(item["address"], "no-op"), action, key=HARM.index)
    return {address: action for address, action in found.items() if action != "no-op"}


def objects(shown: Shown) -> list[Mapping[str, Any]]:
    """Objects of the state as it is after reading, and those that are planned; each once by its address."""
    roots = (
        shown.get("prior_state", {}).get("values", {}).get("root_module", {}),
        shown.get("planned_values", {}).get("root_module", {}),
    )
    return list({item["address"]: item for root in roots for item in _resources(root)}.values())


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for item in module.get("resources", ()):
        if item.get("mode", "managed") == "managed":
            yield item
    for child in module.get("child_modules", ()):
        yield from _resources(child)


def _changed(change: Mapping[str, Any], loosely: bool) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The attributes that differ, secrets hidden: tickets are read by many. loosely: null and empty are the same."""
    before, after = change.get("before"), change.get("after")
    names = set(before or {}) | set(after or {})
    if before is not None and after is not None:
        form = bare if loosely else lambda value: value
        names = {name for name in names if _text(form(before.get(name))) != _text(form(after.get(name)))}
    return (
        _hiding(before, change.get("before_sensitive"), names),
        _hiding(after, change.get("after_sensitive"), names),
    )


def _text(value: Any) -> str:
    """By which true is not 1."""
    return json.dumps(value, sort_keys=True)


def bare(value: Any) -> Any:
    """`value` with null for all that is empty, at any depth."""
    if isinstance(value, dict):
        value = {name: left for name, item in value.items() if (left := bare(item)) is not None}
    elif isinstance(value, list):
        value = [bare(item) for item in value]
    return None if value in ("", [], {}) else value


def _hiding(values: Mapping[str, Any] | None, secret: Any, names: set[str]) -> dict[str, Any] | None:
    if values is None:
        return None
    marks = secret if isinstance(secret, dict) else {}
    return {name: hidden(values.get(name), secret is True or marks.get(name)) for name in sorted(names)}


def hidden(value: Any, secret: Any) -> Any:
    """`value` without what OpenTofu marks as sensitive: all of it (True), or parts of a map or list."""
    if secret is True:
        return HIDDEN
    if isinstance(value, dict) and isinstance(secret, dict):
        return {name: hidden(item, secret.get(name)) for name, item in value.items()}
    if isinstance(value, list) and isinstance(secret, list):
        marks = [*secret, *[None] * (len(value) - len(secret))]
        return [hidden(item, mark) for item, mark in zip(value, marks, strict=False)]
    return value
