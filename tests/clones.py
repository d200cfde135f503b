"""A scratch clone of the project, and the environment in which a runner's steps would find themselves there.

Stand-ins (tests/standins) take the place of what is not to be had or takes long; they record their calls.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lab import paths
from lab.report import catalogue

STANDINS = paths.PROJECT / "tests" / "standins"
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Clone:
    """The project's files at a place of their own, with stand-ins for the programs around it."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def calls(self) -> list[list[str]]:
        """Command lines of the stand-ins, in order; those that make would run begin with "command"."""
        path = Path(self.environment["CALLS"])
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.split("\x1f")[:-1] for line in lines]

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )


@cache
def _files() -> list[str]:
    done = subprocess.run(["git", "ls-files"], cwd=paths.PROJECT, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.splitlines() if (paths.PROJECT / name).is_file()]


def clone(place: Path, verdict: str = "pass") -> Clone:
    """A fresh clone in the folder `place`, whose runs of experiments end in `verdict`."""
    dash = shutil.which("dash")
    assert dash, "dash is missing. Run: lab setup --tests"
    for name in _files():
        target = place / "clone" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(paths.PROJECT / name, target)
        if (content := target.read_bytes()).startswith(b"#!/bin/sh\n"):
            target.write_bytes(content.replace(b"/bin/sh", dash.encode(), 1))
    return Clone(_versioned(place / "clone", place / "origin.git"), _environment(place, verdict))


def _versioned(folder: Path, origin: Path) -> Path:
    """`folder` as what a runner has checked out: a repository, with one to push to. Nothing is committed yet."""
    for command in (
        ["init", "--quiet", "--bare", origin],
        ["init", "--quiet", folder],
        ["-C", folder, "remote", "add", "origin", origin],
    ):
        subprocess.run(["git", *command], check=True)
    return folder


def _environment(place: Path, verdict: str) -> dict[str, str]:
    """A runner's: nothing of the environment in which the tests run."""
    return {
        "PATH": _path("bin"),
        "HOME": str(place),
        "LANG": "C.UTF-8",
        "STANDINS": str(STANDINS),
        "CALLS": str(place / "calls"),
        "RECORDS": str(_records(place / "records", verdict)),
        "MAKE": str(shutil.which("make")),
        "PYTHON": sys.executable,
        "BASE_PYTHON": f"{sys.base_prefix}/bin/python3",
    }


def _path(standins: str) -> str:
    """PATH of a step: those of tests/standins before the machine's own programs, none of the tests' environment."""
    own = [part for part in os.environ["PATH"].split(os.pathsep) if Path(part) != BIN]
    return os.pathsep.join([str(STANDINS / standins), *own])


def _records(folder: Path, verdict: str) -> Path:
    """A record for each experiment, as its run would have left it: the baseline's, with `verdict`."""
    folder.mkdir(parents=True)
    for slug in catalogue.slugs():
        known = paths.PROJECT / "baseline" / f"{slug}.json"
        record = json.loads(known.read_text()) if known.exists() else {}
        (folder / f"{slug}.json").write_text(json.dumps(record | {"verdict": verdict}))
    return folder


def real(calls: Path) -> dict[str, str]:
    """The machine's environment without what belongs to the tests'."""
    ours = {"PYTHONPATH", "VIRTUAL_ENV", "ENGINE"} | {name for name in os.environ if name.startswith("LAB_")}
    kept = {name: value for name, value in os.environ.items() if name not in ours - {"LAB_TOOLS"}}
    return kept | {"PATH": _path("engine"), "CALLS": str(calls), "BIN": str(BIN)}
