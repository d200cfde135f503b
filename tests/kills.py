"""Kills of runs: when they come, and, after the tests, how many of how many left nothing, by experiment.

LAB_ROBUSTNESS=10 for that many of each experiment, LAB_ROBUSTNESS_SLUGS="a b" for some, LAB_ROBUSTNESS_SEED=2 for other moments.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

import pytest

KILLS = int(os.environ.get("LAB_ROBUSTNESS", "1"))
SEED = os.environ.get("LAB_ROBUSTNESS_SEED", "1")
PROPERTY = "kill"  # by which a test reports [slug, after, running]


@dataclass(frozen=True)
class Kill:
    """after: s from the start of the run; running: it had not ended before; clean: nothing was left."""

    slug: str
    after: float
    running: bool
    clean: bool


def moment(slug: str, number: int, seconds: float) -> float:
    """When the kill `number`, from 0, of a run of `seconds` comes, s: the same for the same seed."""
    # Stratified, so that few kills still meet the start, the middle and the end of a run.
    return (number + random.Random(f"{SEED} {slug} {number}").random()) / KILLS * seconds


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = [
        Kill(*told, report.passed)
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, told in report.user_properties
        if name == PROPERTY
    ]
    if found:
        terminalreporter.section(f"kills, seed {SEED}")
        terminalreporter.write_line("\n".join(summary(found)))


def summary(kills: Iterable[Kill]) -> list[str]:
    """A line for each experiment and one for all; a kill after the run's own end shows nothing, so it is told apart."""
    ordered = sorted(kills, key=attrgetter("slug", "after"))
    each = {slug: list(own) for slug, own in groupby(ordered, attrgetter("slug"))}
    return [_line(name, own) for name, own in (each | {"in all": ordered}).items()]


def _line(name: str, kills: Sequence[Kill]) -> str:
    clean, late = sum(kill.clean for kill in kills), sum(not kill.running for kill in kills)
    left = ", ".join(f"{kill.after:.1f}" for kill in kills if not kill.clean)
    return (
        f"{name:24} nothing left after {clean} of {len(kills)} kills"
        + (f", {late} of them after the run's end" if late else "")
        + (f"; something was left after kills at {left} s" if left and name != "in all" else "")
    )
