"""Python environments beside the project's own, for packages that must not decide what everything else imports.

`lab.setup.environments` makes one from its lock. Its programs run as processes; nothing of it is imported here.
"""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path

from lab import paths
from lab.errors import ServiceError


def folder(environment: str) -> Path:
    """Where the environment of env/python/ENVIRONMENT.lock is, once it is set up."""
    return paths.tools() / f"python-{environment}"


def program(environment: str, name: str) -> Path:
    """The program `name` in `environment`, to be run with its `variables`. ServiceError if it is not there."""
    path = folder(environment) / "bin" / name
    if not path.exists():
        raise ServiceError(f"{name} is not in the Python environment {environment!r}. Run: lab setup")
    return path


def variables(environment: str) -> dict[str, str]:
    """What a child's environment needs so that nothing of the caller's Python reaches a program of `environment`.

    To Python an empty variable is as good as none.
    """
    emptied = dict.fromkeys(("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "MPLBACKEND"), "")
    path = os.environ.get("PATH", os.defpath)
    return emptied | {"PATH": f"{folder(environment) / 'bin'}{os.pathsep}{path}"}


def version(environment: str, distribution: str) -> str:
    """Version of a package in `environment`. ServiceError if it is not there."""
    packages = [str(path) for path in folder(environment).glob("lib/python*/site-packages")]
    for found in metadata.distributions(name=distribution, path=packages):
        return found.version
    raise ServiceError(f"{distribution} is not in the Python environment {environment!r}. Run: lab setup")
