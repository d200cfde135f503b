"""A connector that failed is restarted, but not for ever."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from lab.experiments.cdc_lakehouse.measure import pipeline
from lab.experiments.cdc_lakehouse.measure.pipeline import Pipeline


class Failing:
    """A Connect whose connector fails as often as told."""

    def __init__(self, times: int) -> None:
        self.left = times

    def failures(self, name: str) -> list[str]:
        return ["InvalidTxnStateException"] if self.left else []

    def restart(self, name: str) -> None:
        self.left -= 1


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.time, "sleep", lambda seconds: None)


def mended(failing: Failing) -> tuple[int, bool]:
    """Restarts, and whether it was given up at last."""
    own = SimpleNamespace(connect=failing, restarts=0)
    for _ in range(10):
        gave_up = Pipeline.mend(own)  # type: ignore[arg-type]
    return own.restarts, gave_up


def test_what_works_is_left_alone() -> None:
    assert mended(Failing(0)) == (0, False)


def test_what_failed_is_restarted_until_it_works() -> None:
    assert mended(Failing(2)) == (2, False)


def test_what_fails_again_and_again_is_given_up() -> None:
    assert mended(Failing(99)) == (5, True)
