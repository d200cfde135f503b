"""Go tools: a go.mod and go.sum each under env/go, built into `tools()/go-NAME`."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lab import paths
from lab.errors import SetupError
from lab.setup import staged
from lab.setup.telling import call

_HINT = "Is there a network? Run the same command again."


def step(name: str, built: str = "") -> Callable[[], None]:
    """A step that has the tool `name` in `tools()/go-NAME`. built: what Go calls the program, if not `name`."""

    def install() -> None:
        module = paths.PROJECT / "env" / "go" / name
        # go.sum is what verifies: go refuses a module whose content it does not name.
        staged.install(
            f"go-{name}",
            f"{name}: built by Go",
            module / "go.sum",
            partial(_build, module),
            _has(built or name),
        )

    return install


def program(name: str) -> Path:
    """Where the built tool is."""
    return paths.tools() / f"go-{name}" / name


def _build(module: Path, folder: Path) -> None:
    environment = os.environ | {
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly -trimpath",
        "GOTOOLCHAIN": "local",
    }
    command = [_go(), "build", "-C", str(module), "-ldflags=-s -w", "-o", str(folder) + "/", "tool"]
    call(command, f"go build of {module.name}", _HINT, environment)


def _has(name: str) -> Callable[[Path], None]:
    def verify(folder: Path) -> None:
        if not (folder / name).exists():
            raise SetupError(f"Go built no program {name}")

    return verify


def _go() -> str:
    found = shutil.which("go", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        raise SetupError("Go is not installed; it comes with the tests' packages. Run: make dev")
    return found
