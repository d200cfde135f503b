"""Killed at three moments of a run, it leaves no process, no folder and no half-written record."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from killing import Runner

pytestmark = pytest.mark.service
KILLS, RUN_S = 3, 9.0  # about as long as a small run takes


@pytest.mark.parametrize("number", range(KILLS))
def test_killed_at_a_random_moment_it_leaves_nothing(tmp_path: Path, number: int) -> None:
    runner = Runner(tmp_path, "tenant_isolation")
    # Stratified: one in the start, one in the middle, one near the end of a run.
    time.sleep((number + random.random()) / KILLS * RUN_S)
    runner.process.kill()
    runner.process.wait()
    runner.assert_clean()
