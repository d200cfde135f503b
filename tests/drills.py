"""Which drills are due, and for how long they may take.

A drill is a test that takes long: `make test` leaves it out. `--changed` keeps those of experiments and services
whose code differs from the committed baseline, `--minutes N` starts none after that time.
"""

from __future__ import annotations

import os
import random
import time
from functools import cache
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from lab import paths
from lab.evidence import baseline, sources
from lab.report import catalogue

_END = "LAB_DRILLS_END"  # by the monotonic clock, which all processes of a machine share
_ORDER = "LAB_DRILLS_ORDER"  # the seed of the order, which all workers must have alike


def pytest_configure(config: pytest.Config) -> None:
    """Note order and end for this process and for the workers that it starts."""
    os.environ.setdefault(_ORDER, str(time.time_ns()))
    if (minutes := config.getoption("--minutes")) and _END not in os.environ:
        os.environ[_END] = str(time.monotonic() + 60 * minutes)


@pytest.hookimpl(optionalhook=True)  # without xdist there is no such hook
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByExperiment | None:
    return ByExperiment(config, log) if config.option.markexpr == "drill" else None


class ByExperiment(LoadFileScheduling):
    """A file goes to one worker, but of a file for many experiments the cases of one: all kills lie in one file."""

    def _split_scope(self, nodeid: str) -> str:
        given = nodeid.partition("[")[2].removesuffix("]").split("-")
        slug = next((one for one in given if one in _known()), "")
        return f"{super()._split_scope(nodeid)} {slug}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--changed"):
        return
    changed = {slug for slug in catalogue.slugs() if baseline.changed(slug)}
    left_out = [item for item in items if not concerned(item) & changed]
    config.hook.pytest_deselected(items=left_out)
    items[:] = _in_some_order([item for item in items if item not in left_out])


def _in_some_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """File by file, in another order each time: where the time is too short, it should not always be for the same."""
    chance = random.Random(os.environ[_ORDER])
    place = {path: chance.random() for path in sorted({item.path for item in items})}
    return sorted(items, key=lambda item: place[item.path])


def pytest_runtest_setup(item: pytest.Item) -> None:
    if time.monotonic() > float(os.environ.get(_END, "inf")):
        pytest.skip(f"left out, the time is over: {item.nodeid}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and session.config.getoption("--changed"):
        session.exitstatus = pytest.ExitCode.OK  # nothing has changed


def concerned(item: pytest.Item) -> set[str]:
    """The experiments whose change makes a drill due.

    Of a case or a file of one experiment that one; of tests/services/test_X.py those that use the service X;
    of a service that none uses, and of anything else, all: it drills what they share.
    """
    known = _known()
    given = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    if given.get("slug") in known:
        return {given["slug"]}
    name = item.path.stem.removeprefix("test_")
    if own := {slug for slug in known if item.path.parent.name == "experiments" and name.startswith(slug)}:
        return own
    return _users(name) or known


@cache
def _known() -> set[str]:
    return set(catalogue.slugs())


@cache
def _users(service: str) -> set[str]:
    path = paths.PROJECT / "src" / "lab" / "services" / f"{service}.py"
    return {slug for slug in catalogue.slugs() if path in sources.library(slug)}
