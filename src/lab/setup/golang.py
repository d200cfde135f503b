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
from lab.setup import locks, staged
from lab.setup.step import Step
from lab.setup.telling import call

_HINT = "Is there a network? Run the same command again."


def step(name: str, built: str = "", set_to: str = "", tags: str = "") -> Step:
    """A step that has the tool `name` in `tools()/go-NAME`. built: what Go calls the program, if not `name`.

    set_to: VARIABLE=TEXT, a variable of the program that its makers set when they build it. tags: of Go's build constraints.
    """

    def install() -> None:
        module = paths.PROJECT / "env" / "go" / name
        # go.sum is what verifies: go refuses a module whose content it does not name.
        staged.install(
            f"go-{name}",
            f"{name}: built by Go",
            module / "go.sum",
            partial(_build, module, set_to, tags),
            _has(built or name),
        )

    return Step(install, partial(staged.size, f"go-{name}"))


def program(name: str) -> Path:
    """Where the built tool is."""
    return paths.tools() / f"go-{name}" / name


def _build(module: Path, set_to: str, tags: str, folder: Path) -> None:
    locks.libraries("go")()
    environment = os.environ | {
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly -trimpath",
        "GOTOOLCHAIN": "local",
        # The compiler collects its garbage less often: the same program, sooner, for some hundred megabytes more.
        "GOGC": "400",
    }
    flags = "-ldflags=-s -w" + (f" -X {set_to}" if set_to else "")
    command = [_go(), "build", "-C", str(module), flags, f"-tags={tags}", "-o", str(folder) + "/", "tool"]
    call(command, f"go build of {module.name}", _HINT, environment)


def _has(name: str) -> Callable[[Path], None]:
    def verify(folder: Path) -> None:
        if not (folder / name).exists():
            raise SetupError(f"Go built no program {name}")

    return verify


def _go() -> str:
    found = shutil.which("go", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        raise SetupError(
            "Go is not there, although its package was installed; delete the environment. Run: rm -r .venv, make setup"
        )
    return found
