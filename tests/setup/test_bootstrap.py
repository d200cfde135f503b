"""Which script `papermill` stands in the environment: the project's, whoever installed papermill last."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lab import paths

OURS = "from lab.runner.papermill import main\n"
PIP = """#!/bin/sh
echo "${0##*/} $@" >> "$(dirname "$0")/../../calls"
case "$*" in *"-e ."*) echo 'from lab.runner.papermill import main' > "$(dirname "$0")/papermill";; esac
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A project whose environment has recorders for pip and uv, and all locks installed."""
    shutil.copytree(paths.PROJECT / "env", tmp_path / "env")
    shutil.copy(paths.PROJECT / "pyproject.toml", tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    _program(tmp_path, "python", PIP)
    _program(tmp_path, "uv", PIP)
    (tmp_path / ".venv" / "bin" / "papermill").write_text("from papermill.cli import papermill\n")
    _bootstrap(tmp_path)
    return tmp_path


def _program(place: Path, name: str, text: str) -> None:
    path = place / ".venv" / "bin" / name
    path.write_text(text)
    path.chmod(0o755)


def _bootstrap(place: Path) -> list[str]:
    """What pip and uv were called with."""
    (place / "calls").unlink(missing_ok=True)
    subprocess.run([str(place / "env" / "bootstrap")], check=True, capture_output=True)
    return (place / "calls").read_text().splitlines() if (place / "calls").exists() else []


def test_the_project_is_installed_after_the_locks(place: Path) -> None:
    (place / ".venv" / ".installed-core").unlink()
    locks, project = _bootstrap(place)
    assert locks.startswith("uv ")
    assert "--require-hashes" in locks
    assert "core.lock" in locks
    assert project.endswith("-e .")


def test_uv_is_installed_first_from_the_lock(place: Path) -> None:
    (place / ".venv" / "bin" / "uv").unlink()
    (place / ".venv" / ".installed-core").unlink()
    first = _bootstrap(place)[0]
    assert first.startswith("python -m pip")
    assert "--require-hashes" in first
    lock = (place / ".venv" / "uv.lock").read_text()
    assert re.findall(r"^\S+==", lock, re.M) == ["uv=="]
    assert "--hash=sha256:" in lock


def test_where_uv_reaches_no_registry_pip_has_the_last_word(place: Path) -> None:
    _program(place, "uv", "#!/bin/sh\nexit 2\n")
    (place / ".venv" / ".installed-core").unlink()
    locks, _ = _bootstrap(place)
    assert locks.startswith("python -m pip")
    assert "core.lock" in locks


def test_papermills_own_script_is_replaced_again(place: Path) -> None:
    assert _bootstrap(place) == []
    (place / ".venv" / "bin" / "papermill").write_text("from papermill.cli import papermill\n")
    (project,) = _bootstrap(place)
    assert project.endswith("-e .")
    assert (place / ".venv" / "bin" / "papermill").read_text() == OURS


def test_here_it_is_the_projects() -> None:
    assert "lab.runner.papermill" in Path(sys.executable).with_name("papermill").read_text()
