"""What drifted, from OpenTofu's own plan as JSON; and what exists but is in no state."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

Listed = Iterable[tuple[str, str, str]]  # type of resource, attribute that names it, its name
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
HIDDEN = "(sensitive)"


class TofuError(Exception):
    """OpenTofu ended with an error; its own words."""


class LockedError(TofuError):
    """Somebody else has the state's lock."""


@dataclass(frozen=True)
class Drift:
    """One object that is not as it was left.

    action: what applying the configuration would do about it: update, create, replace, delete; no-op where the configuration
    does not say how it should be. before, after: the attributes that changed, None for an object that is not there.
    unmanaged: it is in no state; then action is no-op too.
    """

    address: str
    action: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    unmanaged: bool = False


@dataclass(frozen=True)
class Look:
    """One run of the detector. started, ended, reads (by address; "" is the inventory): s since 1970.

    actions: all that the plan would do, also where nothing drifted. managed: number of objects in the state.
    """

    started: float
    ended: float
    drifts: tuple[Drift, ...]
    reads: Mapping[str, float] = field(default_factory=dict)
    actions: Mapping[str, str] = field(default_factory=dict)
    managed: int = 0


def detect(
    directory: Path, inventory: Callable[[], Listed] | None = None, refresh: bool = True
) -> list[Drift]:
    """All that is not as OpenTofu left it in the initialised `directory`, and with an `inventory` what it does not know."""
    return list(look(directory, inventory, refresh).drifts)


def look(
    directory: Path,
    inventory: Callable[[], Listed] | None = None,
    refresh: bool = True,
    targets: Sequence[str] = (),
    keep: Path | None = None,
) -> Look:
    """`detect` with its times. targets: only these addresses and what they need. keep: where the plan is to stay."""
    started = time.time()
    options = [f"-refresh={str(refresh).lower()}", *(f"-target={address}" for address in targets)]
    with tempfile.TemporaryDirectory() as folder:
        file = keep or Path(folder) / "plan"
        said = tofu(directory, "plan", "-json", "-input=false", f"-out={file}", *options)
        shown = json.loads(tofu(directory, "show", "-json", str(file)))
    reads = dict(_reads(said))
    drifts = list(managed(shown))
    if inventory is not None:
        reads[""] = time.time()
        drifts += unmanaged(shown, inventory())
    return Look(started, time.time(), tuple(drifts), reads, actions(shown), len(list(_state(shown))))


def tofu(directory: Path, *arguments: str) -> str:
    """What OpenTofu prints; TofuError with its own words where it fails, LockedError for the state's lock."""
    command = [os.environ.get("TOFU", "tofu"), f"-chdir={directory}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        text = "\n".join([*_complaints(done.stdout), done.stderr.strip()]).strip()
        kind = LockedError if "state lock" in text else TofuError
        raise kind(f"tofu {arguments[0]} ended with status {done.returncode}: {text[-2000:]}")
    return done.stdout


def managed(shown: Mapping[str, Any]) -> Iterator[Drift]:
    """Drift that a plan as JSON tells of."""
    wanted = actions(shown)
    for item in shown.get("resource_drift", ()):
        if item.get("mode", "managed") == "managed" and "deposed" not in item:
            before, after = _changed(item["change"])
            yield Drift(item["address"], wanted.get(item["address"], "no-op"), before, after)


def unmanaged(shown: Mapping[str, Any], listed: Listed) -> list[Drift]:
    """What is listed and in no state, nor about to be made."""
    known = {(item["type"], str(value)) for item in _state(shown) for value in _named(item)}
    return [
        Drift(f"{kind}:{name}", "no-op", None, {attribute: name}, unmanaged=True)
        for kind, attribute, name in listed
        if (kind, name) not in known
    ]


def actions(shown: Mapping[str, Any]) -> dict[str, str]:
    """What the plan would do, by address, where it would do anything."""
    found = {
        item["address"]: Actions.get(tuple(item["change"]["actions"]), "replace")
        for item in shown.get("resource_changes", ())
        if item.get("mode", "managed") == "managed"
    }
    return {address: action for address, action in found.items() if action != "no-op"}


def _named(item: Mapping[str, Any]) -> list[Any]:
    return [value for value in item["values"].values() if isinstance(value, (str, int))]


def _state(shown: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Objects of the state as it is after reading, and those that are planned; each once by its address."""
    roots = (
        shown.get("prior_state", {}).get("values", {}).get("root_module", {}),
        shown.get("planned_values", {}).get("root_module", {}),
    )
    found = {item["address"]: item for root in roots for item in _resources(root)}
    yield from found.values()


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for item in module.get("resources", ()):
        if item.get("mode", "managed") == "managed":
            yield item
    for child in module.get("child_modules", ()):
        yield from _resources(child)


def _changed(change: Mapping[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The attributes that differ, secrets hidden: tickets are read by many."""
    before, after = change.get("before"), change.get("after")
    names = set(before or {}) | set(after or {})
    if before is not None and after is not None:
        names = {name for name in names if before.get(name) != after.get(name)}
    return (
        _shown(before, change.get("before_sensitive"), names),
        _shown(after, change.get("after_sensitive"), names),
    )


def _shown(values: Mapping[str, Any] | None, secret: Any, names: set[str]) -> dict[str, Any] | None:
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


def _lines(said: str) -> Iterator[dict[str, Any]]:
    for line in said.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def _reads(said: str) -> Iterator[tuple[str, float]]:
    """When each object was read: in the middle between OpenTofu's two messages about it."""
    begun: dict[str, float] = {}
    for line in _lines(said):
        if line.get("type") in ("refresh_start", "refresh_complete"):
            address = line["hook"]["resource"]["addr"]
            at = datetime.fromisoformat(line["@timestamp"]).timestamp()
            if line["type"] == "refresh_start":
                begun[address] = at
            else:
                yield address, (begun.get(address, at) + at) / 2


def _complaints(said: str) -> Iterator[str]:
    for line in _lines(said):
        if line.get("@level") == "error":
            told = line.get("diagnostic", {})
            yield f"{line.get('@message', '')} {told.get('detail', '')}".strip()
