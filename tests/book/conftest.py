"""One small book for all tests of the runner, the report and the site: every notebook run once, briefly.

LAB_SMALL names a folder for it. What is there already is used, so that several processes can look at one book.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from lab import paths
from lab.evidence import record
from lab.evidence.history import Spread
from lab.report import history, site
from lab.report.row import Row
from lab.runner.execute import Run, run
from lab.runner.place import Place
from thirty import build, varied

SMALL = paths.PROJECT / "tests" / "experiments"
ALONE = {"airflow_failures"}  # twenty processes of its own


@pytest.fixture(scope="session")
def small_runs(tmp_path_factory: pytest.TempPathFactory, slugs: list[str]) -> Iterator[dict[str, Run]]:
    """Every experiment's notebook, run with the parameters of its SLUG.small.yaml, two at a time.

    Beside another run a ratio of times can turn out wrong: one that failed by nothing else is run once more, alone.
    """
    folder = Path(os.environ.get("LAB_SMALL") or tmp_path_factory.mktemp("book"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_BUILD", str(folder))
        with _alone(folder):
            with ThreadPoolExecutor(2) as pool:
                paired = [slug for slug in slugs if slug not in ALONE]
                made = dict(zip(paired, pool.map(_small, paired), strict=True))
            made |= {slug: _small(slug) for slug in slugs if slug in ALONE}
            made |= {slug: _run(slug) for slug, first in made.items() if _failed_by_ratios_alone(first)}
        yield made


def _failed_by_ratios_alone(made: Run) -> bool:
    failed = [item["tier"] for item in made.record["criteria"] if item["outcome"] == "fail"]
    return made.record["verdict"] == "fail" and "invariant" not in failed


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _small(slug: str) -> Run:
    found = (paths.build() / "exploratory" / slug).glob(f"*/{slug}.json")
    latest = max(found, key=lambda path: path.stat().st_mtime, default=None)
    return Run(record.read(latest), Place(slug, latest.parent, latest.parent)) if latest else _run(slug)


def _run(slug: str) -> Run:
    return run(slug, yaml.safe_load((SMALL / f"{slug}.small.yaml").read_text()))


@pytest.fixture(scope="session")
def built_site(small_runs: dict[str, Run]) -> Path:
    """The site made of those runs."""
    with _alone(paths.build()):
        return site.build([_published(row, small_runs.get(row.entry.slug)) for row in site.rows()])


@pytest.fixture(scope="session")
def thirty_site(small_runs: dict[str, Run], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages around the thirty experiments, of which three are told otherwise; of some a figure has moved."""
    rows = [_published(row, small_runs.get(row.entry.slug)) for row in site.rows()]
    moved = {row.entry.slug: [Spread("latency_p99", "ms", 5.5, 4.1, 4.2, 7)] for row in rows[:3]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "left", lambda record: moved.get(record["experiment"], []))
        return build(varied(rows), tmp_path_factory.mktemp("thirty"))


def _published(row: Row, run: Run | None) -> Row:
    """The experiment as if `run` had been published; one that was not asked for stays as it is written."""
    return replace(row, record=run.record, place=run.place) if run else row


@pytest.fixture(autouse=True)
def _skeleton(request: pytest.FixtureRequest) -> None:
    """What `lab new` wrote has no figures and no answer yet; its page is looked at all the same."""
    needs = request.path.name == "test_figures.py" or "said_once" in request.node.name
    slug = getattr(request.node, "callspec", None) and request.node.callspec.params.get("slug")
    if needs and slug and request.getfixturevalue("small_runs")[slug].record["verdict"] == "not run":
        pytest.skip(f"{slug} was not run: it is a skeleton")
