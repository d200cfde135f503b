"""One small book for all tests of the runner, the report and the site: every notebook run once, briefly.

LAB_SMALL names a folder for it. What is there already is used, so that several processes can look at one book.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from lab import paths
from lab.evidence import record
from lab.report import catalogue, site
from lab.runner.execute import Run, run
from lab.runner.place import Place
from lab.runner.plan import batches, due

SMALL = paths.PROJECT / "tests" / "experiments"


@pytest.fixture(scope="session")
def small_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Run]]:
    """Every experiment's notebook, run with the parameters of its SLUG.small.yaml; two at a time if untimed."""
    folder = Path(os.environ.get("LAB_SMALL") or tmp_path_factory.mktemp("book"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_BUILD", str(folder))
        with _alone(folder), ThreadPoolExecutor(2) as pool:
            made: dict[str, Run] = {}
            for batch in batches(due(catalogue.slugs())):
                slugs = [item.slug for item in batch]
                made |= zip(slugs, pool.map(_small, slugs), strict=True)
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
    """The site made of those runs, as if they had been published."""
    made = [(entry, small_runs[entry.slug]) for entry in catalogue.entries()]
    with _alone(paths.build()):
        return site.build([site.row(entry, run.record, run.place) for entry, run in made])
