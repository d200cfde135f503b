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
from lab.report import site
from lab.report.row import Row
from lab.runner.execute import Run, run
from lab.runner.place import Place
from lab.runner.plan import batches, due
from thirty import build, thirty

SMALL = paths.PROJECT / "tests" / "experiments"


@pytest.fixture(scope="session")
def small_runs(tmp_path_factory: pytest.TempPathFactory, slugs: list[str]) -> Iterator[dict[str, Run]]:
    """Every experiment's notebook, run with the parameters of its SLUG.small.yaml; two at a time if untimed."""
    folder = Path(os.environ.get("LAB_SMALL") or tmp_path_factory.mktemp("book"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_BUILD", str(folder))
        with _alone(folder), ThreadPoolExecutor(2) as pool:
            made: dict[str, Run] = {}
            for batch in batches(due(slugs)):
                names = [item.slug for item in batch]
                made |= zip(names, pool.map(_small, names), strict=True)
        yield made


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _small(slug: str) -> Run:
    for found in (paths.build() / "exploratory" / slug).glob(f"*/{slug}.json"):
        return Run(record.read(found), Place(slug, found.parent, found.parent))
    return run(slug, yaml.safe_load((SMALL / f"{slug}.small.yaml").read_text()))


@pytest.fixture(scope="session")
def built_site(small_runs: dict[str, Run]) -> Path:
    """The site made of those runs."""
    with _alone(paths.build()):
        return site.build([_published(row, small_runs.get(row.entry.slug)) for row in site.rows()])


@pytest.fixture(scope="session")
def thirty_site(small_runs: dict[str, Run], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages around thirty experiments: these, and copies of them under other names."""
    rows = [_published(row, small_runs.get(row.entry.slug)) for row in site.rows()]
    return build(thirty([row for row in rows if row.told]), tmp_path_factory.mktemp("thirty"))


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
