"""How long set-up took on this machine, by need: kept beside what it fetched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from lab import paths
from lab.files import write_atomically


def kept() -> dict[str, float]:
    """Seconds by need, of the last time that set-up fetched something for it."""
    return json.loads(_file().read_text()) if _file().exists() else {}


def keep(spent: Mapping[str, float]) -> None:
    """Keep what was spent now; of needs for which nothing had to be done what is known stays."""
    if new := {name: round(seconds, 1) for name, seconds in spent.items() if seconds}:
        write_atomically(_file(), json.dumps(kept() | new, indent=1) + "\n")


def _file() -> Path:
    return paths.tools() / "times.json"
