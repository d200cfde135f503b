"""However a run ends, no process is left, no record is half-written, and the next run is clean."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import kills
from killing import Runner
from lab.cli.status import STATUS
from lab.evidence import record
from lab.report import catalogue

pytestmark = [pytest.mark.service, pytest.mark.timeout(1800)]
SLUGS = os.environ.get("LAB_ROBUSTNESS_SLUGS", "").split() or catalogue.slugs()


@pytest.fixture(scope="module")
def lasts(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], float]:
    """How long a small run takes, s, if it is let alone; and it comes to a verdict, else it would have nothing to leave."""

    @cache
    def measured(slug: str) -> float:
        begin = time.monotonic()
        runner = Runner(tmp_path_factory.mktemp(slug), slug)
        said = runner.said(300)
        seconds = time.monotonic() - begin
        assert runner.process.returncode in (STATUS["pass"], STATUS["fail"], STATUS["inconclusive"]), said
        runner.assert_clean()
        return seconds

    return measured


def _drill(slug: str) -> tuple[pytest.MarkDecorator, ...]:
    """One kill of one experiment is for `make test`; all of them are a drill."""
    return () if slug == "tenant_isolation" and kills.KILLS == 1 else (pytest.mark.drill,)


@pytest.mark.parametrize("number", range(kills.KILLS))
@pytest.mark.parametrize("slug", [pytest.param(slug, marks=_drill(slug)) for slug in SLUGS])
def test_killed_at_a_random_moment_it_leaves_nothing(
    tmp_path: Path,
    slug: str,
    number: int,
    lasts: Callable[[str], float],
    record_property: Callable[[str, object], None],
) -> None:
    after = kills.moment(slug, number, lasts(slug))
    runner = Runner(tmp_path, slug)
    time.sleep(after)
    running = runner.process.poll() is None
    runner.process.kill()
    runner.process.wait()
    record_property(kills.PROPERTY, [slug, after, running])
    runner.assert_clean(cut_off=1)


def test_ctrl_c_takes_everything_down_and_says_so(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    time.sleep(10)
    os.killpg(runner.process.pid, signal.SIGINT)
    said = runner.said(120)
    assert runner.process.returncode == 130
    assert "stopped" in said
    assert "Traceback" not in said
    runner.assert_clean()


@pytest.mark.drill
def test_after_a_kill_the_next_run_is_clean_and_two_at_once_do_not_collide(tmp_path: Path) -> None:
    killed = Runner(tmp_path / "a")
    time.sleep(8)
    killed.process.kill()
    killed.process.wait()
    # At once, before what the killed one left is taken away, and into the same folders.
    runs = [Runner(tmp_path / "a", temporary=killed.temporary), Runner(tmp_path / "b")]
    for run in runs:
        said = run.said(600)
        (kept,) = run.build.glob("exploratory/kafka_lag/*/kafka_lag.json")
        made = record.read(kept)
        # Two at once share two cores: they may be too slow to tell, but nothing may break.
        assert run.process.returncode in (0, 3), (made["reasons"], said)
        exact = [
            item for item in made["criteria"] if item["tier"] == "invariant" and not item["precondition"]
        ]
        assert {item["outcome"] for item in exact} == {"pass"}, exact
        run.assert_clean(cut_off=int(run.build == killed.build))
    killed.assert_clean(cut_off=1)
