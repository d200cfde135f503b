"""What tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

import drills

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("lab", deadline=None)
settings.load_profile("lab")


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build folder of the test's own."""
    monkeypatch.setenv("LAB_BUILD", str(tmp_path / "build"))
    return tmp_path / "build"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--changed", action="store_true", help="Of the drills only those that are due.")
    parser.addoption("--minutes", type=float, help="Start no test after that time.")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(drills)
