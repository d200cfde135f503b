"""A look: OpenTofu's own plan as JSON, and beside it an inventory of what is in no state."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from .shown import Drift, Listed, actions, managed, objects, unmanaged


class TofuError(Exception):
    """OpenTofu ended with an error; its own words."""


class LockedError(TofuError):
    """Somebody else has the state's lock."""


class PartialError(TofuError):
    """A look that could not see everything."""


@dataclass(frozen=True)
class Look:
    """One run of the detector. started, ended, reads (by address; "" is the inventory): s since 1970.

    actions: all that the plan would do, also where nothing drifted. managed: number of objects in the state, or planned.
    error: why this is not all; what is missing here may be there.
    """

    started: float
    ended: float
    drifts: tuple[Drift, ...]
    reads: Mapping[str, float] = field(default_factory=dict)
    actions: Mapping[str, str] = field(default_factory=dict)
    managed: int = 0
    error: str = ""

    @property
    def pending(self) -> dict[str, str]:
        """What the plan would do where nothing drifted: a configuration that is not applied yet, or a change by hand that
        somebody took into the state since.
        """
        drifted = {drift.address for drift in self.drifts}
        return {address: action for address, action in self.actions.items() if address not in drifted}


def detect(
    directory: Path, inventory: Callable[[], Listed] | None = None, refresh: bool = True
) -> list[Drift]:
    """All that is not as OpenTofu left it in the initialised `directory`, and with an `inventory` what it does not know.

    TofuError where OpenTofu fails; PartialError, one of these, where it saw a part or the inventory failed.
    """
    return list(whole(look(directory, inventory, refresh)).drifts)


def whole(found: Look) -> Look:
    """`found` if it saw everything; PartialError if not."""
    if found.error:
        raise PartialError(found.error)
    return found


def look(
    directory: Path,
    inventory: Callable[[], Listed] | None = None,
    refresh: bool = True,
    targets: Sequence[str] = (),
    keep: Path | None = None,
) -> Look:
    """`detect` with its times, and with what was seen where a part failed. targets: only these addresses and what they need.
    keep: where the plan is to stay. TofuError where nothing was seen.
    """
    started = time.time()
    options = [f"-refresh={str(refresh).lower()}", *(f"-target={address}" for address in targets)]
    with tempfile.TemporaryDirectory() as folder:
        file = keep or Path(folder) / "plan"
        said, error = _planned(directory, file, options)
        shown = json.loads(tofu(directory, "show", "-json", str(file)))
    reads = dict(_reads(said))
    drifts = list(managed(shown))
    if inventory is not None:
        reads[""] = time.time()
        try:
            drifts += unmanaged(shown, inventory())
        except (
            Exception
        ) as failed:  # whatever a list of a reader's own may raise hides no drift of what is managed
            error = f"{error}\ninventory: {type(failed).__name__}: {failed}".strip()
    return Look(started, time.time(), tuple(drifts), reads, actions(shown), len(objects(shown)), error)


def _planned(directory: Path, file: Path, options: Sequence[str]) -> tuple[str, str]:
    """What planning printed, and why it failed. Where it fails half-way, at an object that can't be read or must not be
    destroyed, OpenTofu leaves a plan of what it has seen.
    """
    done = _run(directory, "plan", "-json", "-input=false", f"-out={file}", *options)
    error = _error("plan", done) if done.returncode else None
    if error and not file.exists():
        raise error
    return done.stdout, str(error or "")


def tofu(directory: Path, *arguments: str) -> str:
    """What OpenTofu prints; TofuError with its own words where it fails, LockedError for the state's lock."""
    done = _run(directory, *arguments)
    if done.returncode:
        raise _error(arguments[0], done)
    return done.stdout


def _run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [os.environ.get("TOFU", "tofu"), f"-chdir={directory}", *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        stdin=subprocess.DEVNULL,
        check=False,
    )


def _error(what: str, done: subprocess.CompletedProcess[str]) -> TofuError:
    text = "\n".join([*_complaints(done.stdout), done.stderr.strip()]).strip()
    kind = LockedError if "state lock" in text else TofuError
    return kind(f"tofu {what} ended with status {done.returncode}: {text[-2000:]}")


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
