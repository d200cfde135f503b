"""What tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser

import drills
import kills
from lab.report import catalogue
from lab.report.browser import chromium

# How long an example takes, or takes to be made, says more about what else the machine does than about the code. The
# examples are the same each time, so that a change is judged by what it changed; for others there is
# --hypothesis-profile=explore.
settings.register_profile(
    "lab", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None)
settings.load_profile("lab")


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build folder of the test's own."""
    monkeypatch.setenv("LAB_BUILD", str(tmp_path / "build"))
    return tmp_path / "build"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--slug", action="append", default=[], help="Of each experiment's tests only this one's."
    )
    parser.addoption("--changed", action="store_true", help="Of the drills only those that are due.")
    parser.addoption("--minutes", type=float, help="Start no test after that time.")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(drills)
    config.pluginmanager.register(kills)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the cases of experiments that were not asked for."""
    asked = config.getoption("--slug")
    left_out = [item for item in items if asked and not _concerns(item, asked)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _concerns(item: pytest.Item, asked: list[str]) -> bool:
    """False for a case of another experiment, and for a page of the book that is not of an asked one."""
    given = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    if "slug" in given:
        return given["slug"] in asked
    if item.path.name == "test_landing.py":  # the pages around all experiments
        return False
    is_page = item.get_closest_marker("browser") is not None and "name" in given
    return not is_page or given["name"] in [f"notebooks/{slug}" for slug in asked]


@pytest.fixture(scope="session")
def slugs(request: pytest.FixtureRequest) -> list[str]:
    """The experiments that the tests are about: those asked for, or all."""
    return request.config.getoption("--slug") or catalogue.slugs()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for all tests of a process: Playwright starts no second one beside it."""
    with chromium() as opened:
        yield opened
