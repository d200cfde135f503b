"""One small book for all tests of the runner, the report and the site: every notebook run once, briefly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from lab import paths
from lab.report import site
from lab.report.fragments import Row
from lab.runner.execute import Run, run

SMALL = paths.PROJECT / "tests" / "experiments"


@pytest.fixture(scope="session")
def small_runs(tmp_path_factory: pytest.TempPathFactory, slugs: list[str]) -> Iterator[dict[str, Run]]:
    """Every experiment's notebook, run with the parameters of its SLUG.small.yaml."""
    folder = tmp_path_factory.mktemp("book")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_BUILD", str(folder))
        yield {slug: _small(slug) for slug in slugs}


def _small(slug: str) -> Run:
    return run(slug, yaml.safe_load((SMALL / f"{slug}.small.yaml").read_text()))


@pytest.fixture(scope="session")
def built_site(small_runs: dict[str, Run]) -> Path:
    """The site made of those runs."""
    return site.build([_published(row, small_runs.get(row.entry.slug)) for row in site.rows()])


def _published(row: Row, run: Run | None) -> Row:
    """The experiment as if `run` had been published; one that was not asked for stays as it is written."""
    return replace(row, record=run.record, place=run.place) if run else row
