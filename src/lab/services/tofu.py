"""OpenTofu, built by Go, and the Python environment in which providers run: no server, but found and closed off like one."""

from __future__ import annotations

import os
import re
from pathlib import Path

from lab import environments, paths
from lab.errors import ServiceError

ENVIRONMENT = "tofu"
_INSTALL = "Run: lab setup infra_drift"


def program() -> Path:
    """The program `tofu`. ServiceError if it is not there."""
    found = paths.tools() / "go-tofu" / "tofu"
    if not found.exists():
        raise ServiceError(f"OpenTofu is not there. {_INSTALL}")
    return found


def python() -> Path:
    """The Python that has the framework for providers."""
    return environments.program(ENVIRONMENT, "python")


def version() -> str:
    """Version of OpenTofu that set-up builds."""
    pin = (paths.PROJECT / "env" / "go" / "tofu" / "go.mod").read_text()
    return re.findall(r"opentofu/opentofu v([\d.]+)", pin)[0]


def framework() -> str:
    """Version of the framework in which providers are written."""
    return environments.version(ENVIRONMENT, "tf")


def variables(config: Path, home: Path) -> dict[str, str]:
    """What OpenTofu's environment needs so that it reads `config`, asks nobody, and keeps everything in `home`."""
    path = f"{program().parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    told = {
        "TF_CLI_CONFIG_FILE": str(config),
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "CHECKPOINT_DISABLE": "1",
    }
    return told | {"PATH": path, "HOME": str(home), "PYTHONPATH": "", "TF_LOG": "", "TF_CLI_ARGS": ""}
