"""Tickets as files: one for each drift, which a person approves by setting "approved" to true in it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .plan import Drift
from .policy import Decision


def number(drift: Drift) -> str:
    """The same for the same drift. It holds what changed and what would be done, so no approval serves for another one."""
    told = json.dumps([drift.address, drift.action, drift.before, drift.after], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def opened(folder: Path, drift: Drift, decision: Decision) -> dict[str, Any] | None:
    """The new ticket; None if there is one already."""
    path = folder / f"{number(drift)}.json"
    if path.exists():
        return None
    ticket = {"ticket": number(drift), "opened": time.time(), "why": decision.why, "approved": False}
    ticket |= {"drift": asdict(drift), "do": _advice(drift)}
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(ticket, indent=2) + "\n")
    part.replace(path)
    return ticket


def approved(folder: Path, drift: Drift) -> bool:
    """True only for the word true in a ticket that can be read."""
    try:
        told = json.loads((folder / f"{number(drift)}.json").read_text())
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and told.get("approved") is True


def close(folder: Path, drifts: Iterable[Drift]) -> list[str]:
    """Numbers of tickets that are closed now, because none of `drifts` is theirs."""
    there = {number(drift) for drift in drifts}
    gone = [path for path in sorted(folder.glob("*.json")) if path.stem not in there]
    closed = folder / "closed"
    for path in gone:
        closed.mkdir(exist_ok=True)
        path.replace(closed / f"{path.stem}-{time.time_ns()}.json")
    return [path.stem for path in gone]


def _advice(drift: Drift) -> str:
    if drift.unmanaged:
        kind, _, name = drift.address.partition(":")
        return f'import {{ to = {kind}.NAME, id = "{name}" }} in the configuration, or remove it by hand'
    if drift.action == "no-op":
        return "set the attribute in the configuration, or accept it by `tofu apply -refresh-only`"
    return f'set "approved" to true in this file to have it {drift.action}d'
