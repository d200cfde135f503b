"""Python packages beyond the core: libraries into the environment, data wheels into a folder of their own."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lab import paths
from lab.setup import staged
from lab.setup.telling import call, doing

HINT = "Is there a network? Run the same command again."
# pip verifies every file against the lock's hashes before it installs any of them. The locks are complete:
# pip's own resolver may stumble over a version that came out after them.
OPTIONS = ("-q", "--no-deps", "--require-hashes")


def libraries(name: str) -> Callable[[], None]:
    """A step that has the packages of env/python/NAME.lock in this environment."""

    def install() -> None:
        lock = lock_of(name)
        stamp, wanted = Path(sys.prefix) / f".{name}-lock", hashlib.sha256(lock.read_bytes()).hexdigest()
        if stamp.exists() and stamp.read_text() == wanted:
            return
        with doing(f"{name}: Python packages of {lock.name}"):
            call([*_pip(), "-r", str(lock)], f"pip install -r {lock.name}", HINT)
            stamp.write_text(wanted)

    return install


def data(name: str) -> Callable[[], None]:
    """A step that has the files of the data wheels in env/python/NAME.lock in `tools()/NAME`."""

    def install() -> None:
        lock = lock_of(name)
        staged.install(
            name, f"{name}: data from {lock.name}", lock, partial(_fetch, lock), lambda folder: None
        )

    return install


def _fetch(lock: Path, folder: Path) -> None:
    call([*_pip(), "--target", str(folder), "-r", str(lock)], f"pip install -r {lock.name}", HINT)


def _pip() -> list[str]:
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", *OPTIONS]


def lock_of(name: str) -> Path:
    """The hashed list of packages of that name."""
    return paths.PROJECT / "env" / "python" / f"{name}.lock"
