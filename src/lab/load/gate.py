"""Start several processes at one moment: each arrives, the parent waits for all and names the moment.

The gate is a folder, so it works for any kind of process and needs no shared handle.
"""

from __future__ import annotations

import time
from pathlib import Path

from lab.files import write_atomically

_LOOK_AGAIN_S = 0.002


class Gate:
    """A start line in `folder`, which must exist and be used for one start only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def arrive(self, name: str) -> int:
        """Say that `name` is ready; returns the common start (monotonic ns) once it is known."""
        (self._folder / f"ready-{name}").touch()
        start = self._folder / "start"
        while not start.exists():
            time.sleep(_LOOK_AGAIN_S)
        return int(start.read_text())

    def await_all(self, names: list[str], timeout_s: float = 60) -> None:
        """Wait until all `names` are ready; TimeoutError with those that did not come in `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while missing := [name for name in names if not (self._folder / f"ready-{name}").exists()]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"not ready after {timeout_s:g} s: {', '.join(missing)}")
            time.sleep(_LOOK_AGAIN_S)

    def open(self, lead_ns: int = 50_000_000) -> int:
        """Name the common start, `lead_ns` from now, and return it."""
        start_ns = time.monotonic_ns() + lead_ns
        write_atomically(self._folder / "start", str(start_ns))
        return start_ns
