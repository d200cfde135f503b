"""Tests that need a container engine are skipped where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    wanting = [item for item in items if item.get_closest_marker("engine")]
    if wanting and not _has_engine():
        reason = "no container engine; where there is one: env/containers build, then test"
        for item in wanting:
            item.add_marker(pytest.mark.skip(reason=reason))


def _has_engine() -> bool:
    if "LAB_COMPOSE" in os.environ:
        return True
    docker = shutil.which("docker")
    return (
        docker is not None
        and subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0
    )
