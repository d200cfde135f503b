"""How long the whole took: what `lab book`, `make test`, `.ci/run` and `lab setup` have kept of their last time."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from bench import limits
from bench.budget import Budget, Found
from bench.runs import longest
from lab import paths
from lab.report import catalogue
from lab.setup import times


def spans() -> dict[Budget, Found]:
    """Of each its last time, if it came to its end."""
    folder = paths.build() / "times"
    return {
        limits.BOOK: _minutes(folder / "book", "`lab book --force` of all experiments"),
        limits.MAKE_TEST: _minutes(folder / "test", "`make test`"),
        limits.CI: _minutes(folder / "ci", "`.ci/run`"),
        limits.OWN_TESTS: own_tests(folder / "tests.xml", catalogue.slugs()),
        limits.SETUP: _setup(),
    }


def _minutes(path: Path, what: str) -> Found:
    """The seconds in `path`, which its own run wrote last of all."""
    if not path.exists():
        return Found(None, f"{what} has not come to its end here")
    ended = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Found(float(path.read_text()) / 60, f"{what} that ended on {ended:%Y-%m-%d %H:%M} UTC")


def own_tests(report: Path, slugs: list[str]) -> Found:
    """The experiment whose own tests took longest, by the JUnit report that `make test` leaves.

    Seconds of all its cases; drills are not among them, and another test may have run beside each.
    """
    spent: defaultdict[str, float] = defaultdict(float)
    cases = ElementTree.parse(report).iter("testcase") if report.exists() else ()
    for case in cases:
        if slug := _slug(case.get("classname", ""), slugs):
            spent[slug] += float(case.get("time", 0))
    return longest(limits.OWN_TESTS, spent, "report of `make test`, two at a time, drills apart")


def _slug(module: str, slugs: list[str]) -> str | None:
    """Of a module `tests.experiments.test_SLUG` or `test_SLUG_more`; `lab new` lets no slug begin another."""
    name = re.sub(r"^tests\.experiments\.test_", "", module)
    return next((slug for slug in slugs if name != module and f"{name}_".startswith(f"{slug}_")), None)


def _setup() -> Found:
    if not (kept := times.kept()):
        return Found(None, "set-up has fetched nothing here since it keeps times")
    return Found(
        sum(kept.values()), f"kept by set-up for {len(kept)} needs, when it last fetched something for each"
    )
