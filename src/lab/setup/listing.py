"""What each need takes on this machine: room on the disk, and time when it was fetched."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lab import paths
from lab.setup import times
from lab.setup.needs import NEEDS, Need
from lab.setup.step import size_of

_LEGEND = (
    "size: on this disk, of Debian's packages without those that they need. seconds: when set-up last fetched something for\n"
    "the need here; what another need had fetched before counts there, and – stands where set-up has kept no time."
)


@dataclass(frozen=True)
class Taken:
    """A need as it is here. size: bytes, None if it is not set up; seconds: None if not known."""

    need: Need
    size: int | None
    seconds: float | None


def taken(names: Iterable[str]) -> list[Taken]:
    """The needs `names`, as they are on this machine."""
    known = times.kept()
    return [Taken(NEEDS[name], _size(NEEDS[name]), known.get(name)) for name in names]


def text(names: Iterable[str]) -> str:
    """A line for each need, and what environment and tools take in all."""
    lines = [_line("need", "size", "seconds", "what it is"), *map(_shown, taken(names))]
    whole = ", ".join(f"{folder.name} {_readable(size_of(folder))}" for folder in _folders())
    return "\n".join([*lines, "", _LEGEND, f"In all: {whole}."])


def _size(need: Need) -> int | None:
    """None if one of its own parts is missing, or if all that it has is the system's and that is not there."""
    own = [step.size() for step in need.steps if not step.shared]
    shared = [step.size() for step in need.steps if step.shared]
    if None in own or not any(size is not None for size in (*own, *shared)):
        return None
    return sum(size for size in (*own, *shared) if size)


def _shown(one: Taken) -> str:
    if one.size is None:
        return _line(one.need.name, "not set up", "", one.need.why)
    seconds = "–" if one.seconds is None else f"{one.seconds:.0f}"
    return _line(one.need.name, _readable(one.size), seconds, one.need.why)


def _line(name: str, size: str, seconds: str, why: str) -> str:
    return f"{name:16} {size:>10} {seconds:>8}  {why}"


def _folders() -> list[Path]:
    return [folder for folder in (Path(sys.prefix), paths.tools()) if folder.exists()]


def _readable(size: int) -> str:
    """Bytes as MB, or as GB from a thousand MB on."""
    megabytes = size / 1e6
    return f"{megabytes / 1e3:.1f} GB" if megabytes >= 1000 else f"{megabytes:.0f} MB"
