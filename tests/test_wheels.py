"""Where the files of a data wheel are, and what is said where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import wheels
from lab.errors import ServiceError


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_TOOLS", str(tmp_path))
    return tmp_path


def test_a_missing_wheel_names_the_command_that_brings_it(tools: Path) -> None:
    with pytest.raises(ServiceError, match="Run: lab setup sql_windows"):
        wheels.file("cdnow", "sample.txt", slug="sql_windows")
    assert wheels.version("cdnow") == "unknown"


def test_a_file_and_the_version_are_those_that_set_up_unpacked(tools: Path) -> None:
    info = tools / "cdnow" / "Lifetimes-0.11.3.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Lifetimes\nVersion: 0.11.3\n")
    (tools / "cdnow" / "sample.txt").write_text("1")
    assert wheels.file("cdnow", "sample.txt", slug="sql_windows").read_text() == "1"
    assert wheels.version("cdnow", "lifetimes") == "0.11.3"
