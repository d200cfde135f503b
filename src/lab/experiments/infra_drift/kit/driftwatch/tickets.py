"""Tickets as files: one for each drift, which a person approves by setting "approved" to true in it.

Beside a ticket lies a mark, NUMBER.untold, until the webhook has taken it: what is killed in between tells it again.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .policy import Decision
from .shown import Drift


class TicketsError(ValueError):
    """The folder of tickets is somebody else's."""


def claim(folder: Path, directory: Path) -> None:
    """Take `folder` for the watch of `directory` alone: a watch closes every ticket of which it does not see the drift.

    TicketsError if it is another watch's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file, own = folder / "watched", str(directory.resolve())
    if file.exists() and (other := file.read_text(encoding="utf-8")) != own:
        raise TicketsError(
            f"{folder} has the tickets of {other}: name another folder, or delete {file} if it was moved"
        )
    file.write_text(own, encoding="utf-8")


def number(drift: Drift) -> str:
    """The same for the same drift. It holds what changed and what would be done, so no approval serves for another one."""
    told = json.dumps([drift.address, drift.action, drift.before, drift.after], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def opened(folder: Path, drift: Drift, decision: Decision) -> dict[str, Any] | None:
    """The ticket if it is new, or was not told so far; None else."""
    path = folder / f"{number(drift)}.json"
    ticket = {"ticket": number(drift), "opened": time.time(), "why": decision.why, "approved": False}
    ticket |= {"drift": asdict(drift), "do": decision.do or _advice(drift)}
    if path.exists():
        return ticket if _untold(path).exists() else None
    folder.mkdir(parents=True, exist_ok=True)
    _untold(path).touch()  # before the ticket: told twice is better than never
    part = path.with_suffix(".part")
    part.write_text(json.dumps(ticket, indent=2) + "\n", encoding="utf-8")
    part.replace(path)
    return ticket


def told(folder: Path, number: str) -> None:
    """The webhook has taken this ticket."""
    _untold(folder / f"{number}.json").unlink(missing_ok=True)


def _untold(path: Path) -> Path:
    return path.with_suffix(".untold")


def approved(folder: Path, drift: Drift) -> bool:
    """True only for the word true in a ticket that can be read."""
    try:
        told = json.loads((folder / f"{number(drift)}.json").read_text(encoding="utf-8"))
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
        _untold(path).unlink(missing_ok=True)
    return [path.stem for path in gone]


def _advice(drift: Drift) -> str:
    if drift.unmanaged:
        kind, _, name = drift.address.partition(":")
        block = f"import {{\n  to = {kind}.NAME\n  id = {_quoted(name)}\n}}"
        return f"remove it by hand, or write its resource and take it over:\n{block}"
    if drift.action == "no-op":
        accept = f"tofu apply -refresh-only {shlex.quote(f'-target={drift.address}')}"
        return f"set the attribute in the configuration, or accept it by: {accept}"
    if drift.action == "unknown":
        return "mend what planning complains of: the event `error` has it"
    return f'set "approved" to true in this file to have it {drift.action}d'


def _quoted(text: str) -> str:
    """A string of OpenTofu's language that means `text` and nothing else."""
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
