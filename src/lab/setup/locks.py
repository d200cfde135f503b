"""Python packages beyond the core: libraries into the environment, data wheels into a folder of their own."""

from __future__ import annotations

import hashlib
import re
import sys
import threading
from functools import partial
from importlib import metadata
from pathlib import Path

from lab import paths
from lab.setup import staged
from lab.setup.step import Step
from lab.setup.telling import call, doing

HINT = "Is there a network? Run the same command again."
# pip verifies every file against the lock's hashes before it installs any of them. The locks are complete:
# pip's own resolver may stumble over a version that came out after them.
OPTIONS = ("-q", "--no-deps", "--require-hashes")
_TURN = threading.Lock()  # one pip at a time changes this environment


def libraries(name: str) -> Step:
    """A step that has the packages of env/python/NAME.lock in this environment."""

    def install() -> None:
        lock, stamp = lock_of(name), _stamp(name)
        wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
        with _TURN:
            if stamp.exists() and stamp.read_text() == wanted:
                return
            with doing(f"{name}: Python packages of {lock.name}"):
                call([*_pip(), "-r", str(lock)], f"pip install -r {lock.name}", HINT)
                stamp.write_text(wanted)

    return Step(install, partial(_size, name))


def data(name: str) -> Step:
    """A step that has the files of the data wheels in env/python/NAME.lock in `tools()/NAME`."""

    def install() -> None:
        lock = lock_of(name)
        staged.install(
            name, f"{name}: data from {lock.name}", lock, partial(_fetch, lock), lambda folder: None
        )

    return Step(install, partial(staged.size, name))


def _stamp(name: str) -> Path:
    return Path(sys.prefix) / f".{name}-lock"


def _size(name: str) -> int | None:
    """Bytes of the lock's packages that the core has not."""
    if not _stamp(name).exists():
        return None
    own = _packages(lock_of(name)) - _packages(lock_of("core"))
    return sum(map(_bytes, own))


def _packages(lock: Path) -> set[str]:
    return set(re.findall(r"^([\w.-]+)==", lock.read_text(), re.MULTILINE))


def _bytes(package: str) -> int:
    """Of the files that a package has in this environment; 0 if it is not for this platform."""
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        return 0
    places = (Path(str(file.locate())) for file in files)
    return sum(place.stat().st_size for place in places if place.is_file())


def _fetch(lock: Path, folder: Path) -> None:
    call([*_pip(), "--target", str(folder), "-r", str(lock)], f"pip install -r {lock.name}", HINT)


def _pip() -> list[str]:
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", *OPTIONS]


def lock_of(name: str) -> Path:
    """The hashed list of packages of that name."""
    return paths.PROJECT / "env" / "python" / f"{name}.lock"
