"""Python environments of their own (`lab.environments`), each from a hashed lock, whole or not at all."""

from __future__ import annotations

import os
import shutil
import sys
from functools import partial
from pathlib import Path

from lab import environments
from lab.errors import SetupError
from lab.setup import staged
from lab.setup.locks import HINT, OPTIONS, lock_of
from lab.setup.step import Step
from lab.setup.telling import call


def step(name: str) -> Step:
    """A step that has the packages of env/python/NAME.lock in an environment of their own."""

    def install() -> None:
        target, lock = environments.folder(name), lock_of(name)
        if not _runs_this_python(target):
            shutil.rmtree(target, ignore_errors=True)
        what = f"{name}: Python environment of {lock.name}"
        fetch, arrange = partial(_fetch, lock), partial(_name_place, target)
        staged.install(target.name, what, lock, fetch, _check, arrange)

    return Step(install, partial(staged.size, environments.folder(name).name))


def _runs_this_python(environment: Path) -> bool:
    """False also for a link to a Python that is gone."""
    return (environment / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}").exists()


def _fetch(lock: Path, folder: Path) -> None:
    make = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    call(make, f"python -m venv for {lock.name}", "On Debian: apt-get install python3-venv")
    what, arguments = f"uv pip install -r {lock.name}", [*OPTIONS, "-r", str(lock)]
    try:
        _uv(folder, what, "install", "--compile-bytecode", "--link-mode", "copy", *arguments)
    except SetupError:  # pip knows of mirrors and proxies that uv was not told of
        _pip(folder, f"pip install -r {lock.name}", "install", *arguments)


def _check(folder: Path) -> None:
    """That the lock is complete: its packages were installed without looking at what they require."""
    _pip(folder, "pip check", "check")


def _uv(folder: Path, what: str, action: str, *arguments: str) -> None:
    """Our uv on the environment in `folder`: a third of pip's time."""
    uv = [
        str(Path(sys.executable).with_name("uv")),
        "pip",
        action,
        "--python",
        str(folder / "bin" / "python"),
    ]
    call([*uv, *arguments], what, HINT, _outside())


def _pip(folder: Path, what: str, *arguments: str) -> None:
    """Our pip on the environment in `folder`."""
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--python",
        str(folder / "bin" / "python"),
    ]
    call([*pip, *arguments], what, HINT, _outside())


def _outside() -> dict[str, str]:
    """What a program sees that is to see nothing of this environment."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}


def _name_place(target: Path, folder: Path) -> None:
    """Programs name their interpreter by its path: make that the one which `folder` will have."""
    for path in (folder / "bin").iterdir():
        if not path.is_symlink() and path.is_file():
            content = path.read_bytes()
            if str(folder).encode() in content:
                path.write_bytes(content.replace(str(folder).encode(), str(target).encode()))
