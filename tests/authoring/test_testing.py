"""`lab test` runs what concerns one experiment, all of it and nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lab import paths
from lab.authoring import testing
from lab.errors import ParameterError
from lab.report import catalogue

OTHERS = [slug for slug in catalogue.slugs() if slug != "kafka_lag"]


def _collected(*arguments: str) -> list[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--collect-only", *arguments]
    done = subprocess.run(command, cwd=paths.PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_of_each_experiments_tests_only_those_of_the_one_are_left() -> None:
    found = _collected("--slug", "kafka_lag", "tests/book", "tests/test_wings.py")
    names = [line.partition("::")[2] for line in found]
    assert "test_a_small_run_is_judged[kafka_lag]" in names
    assert "test_an_experiment_has_its_place_in_every_wing[kafka_lag]" in names
    assert "test_every_local_link_leads_somewhere" in names
    assert not [name for name in names if any(slug in name for slug in OTHERS)]
    # Of the book's pages its own alone: once for a network, in the light and in the dark, on a phone, twice on paper.
    pages = [name for name in names if "notebooks/kafka_lag" in name]
    assert len(pages) == 6
    assert not [name for name in names if "glossary" in name]


def test_its_tests_the_architecture_its_run_and_its_page_are_asked_for_in_this_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(testing, "_pytest", lambda arguments: asked.append(arguments) or 0)
    assert testing.test("kafka_lag") == 0
    first, second = ([word.removeprefix(f"{paths.PROJECT}/tests/") for word in words] for words in asked)
    assert {"test_architecture.py", "test_wings.py", "experiments/test_kafka_lag_checks.py"} <= set(first)
    assert second[-1] == "book"
    assert all(words[words.index("--slug") + 1] == "kafka_lag" for words in asked)


def test_the_first_step_that_fails_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(testing, "_pytest", lambda arguments: asked.append(arguments) or 1)
    assert testing.test("kafka_lag") == 1
    assert len(asked) == 1


def test_an_unknown_experiment_is_refused() -> None:
    with pytest.raises(ParameterError, match="no experiment 'nope'"):
        testing.test("nope")
