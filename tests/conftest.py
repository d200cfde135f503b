"""What tests share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build folder of the test's own."""
    monkeypatch.setenv("LAB_BUILD", str(tmp_path / "build"))
    return tmp_path / "build"
