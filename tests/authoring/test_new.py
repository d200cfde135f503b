"""`lab new` in a copy of the project: what it writes runs, says `not run`, and lacks nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import scratch
from lab.authoring import new
from lab.errors import ParameterError
from wings import lacking, lost

SLUG, THEME = "trial_experiment", "Trial: an error, perhaps"
ASKED = ("new", SLUG, "--theme", THEME, "--question", "Does the skeleton run?")
TESTS = (
    "tests/test_architecture.py",
    "tests/test_wings.py",
    "tests/test_own.py",
    f"tests/experiments/test_{SLUG}.py",
)
# What an author puts in the place of `return []`.
MEASURED = """found = []
    for size in params.sizes:
        arriving = rows(size, params.seed)
        begin = time.perf_counter()
        seen = arm.apply(arriving)
        seconds = time.perf_counter() - begin
        found.append(Seen(arm.name, size, seconds, differing(arriving, seen)))
    return found"""
IMPORTED = f"""import time
from dataclasses import dataclass

from lab.experiments.{SLUG}.oracle import differing"""


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the project with the skeleton in it."""
    folder = scratch.copy(
        tmp_path_factory.mktemp("trial"), (*scratch.COPIED, "bench", "tests", "pyproject.toml")
    )
    done = scratch.lab(folder, *ASKED)
    assert done.returncode == 0, done.stderr
    yield folder


def _in(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=scratch.environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )


def _content(folder: Path) -> dict[str, bytes]:
    wings = [path for name in ("src", "notebooks", "tests", "book") for path in (folder / name).rglob("*")]
    files = [
        path for path in (*wings, folder / "_toc.yml") if path.is_file() and "__pycache__" not in path.parts
    ]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_skeleton_has_its_place_in_every_wing(trial: Path) -> None:
    assert lacking(trial, SLUG) == []
    assert lost(trial) == []


def test_the_linter_finds_nothing_in_the_skeleton(trial: Path) -> None:
    package, tests = f"src/lab/experiments/{SLUG}", f"tests/experiments/test_{SLUG}.py"
    own = f"notebooks/own/{SLUG}.py"
    check = _in(trial, "ruff", "check", package, tests, f"notebooks/{SLUG}.ipynb", own)
    assert check.returncode == 0, check.stdout
    layout = _in(trial, "ruff", "format", "--check", package, tests, own)
    assert layout.returncode == 0, layout.stdout


def test_the_skeleton_passes_its_own_tests_and_the_architectures(trial: Path) -> None:
    done = _in(trial, "pytest", "-p", "no:cacheprovider", "--slug", SLUG, *TESTS)
    assert done.returncode == 0, done.stdout


def test_the_skeleton_runs_and_says_not_run(trial: Path) -> None:
    done = scratch.lab(trial, "run", SLUG)
    assert done.returncode == 4
    assert f"{SLUG}: not run in" in done.stdout
    assert f"this is the skeleton of {SLUG}" in done.stdout
    assert f"{SLUG:24} – not run" in scratch.lab(trial, "list").stdout


@pytest.mark.drill
@pytest.mark.timeout(600)
def test_lab_test_takes_the_skeleton_through_all_its_tests_and_says_that_it_is_one(trial: Path) -> None:
    done = scratch.lab(trial, "test", SLUG, seconds=500)
    assert done.returncode == 0, done.stdout
    assert f"this is the skeleton of {SLUG}" in done.stdout


def test_a_second_time_it_refuses_and_changes_nothing(trial: Path) -> None:
    before = _content(trial)
    done = scratch.lab(trial, *ASKED)
    assert done.returncode == 2
    assert f"{SLUG!r} is there already" in done.stderr
    assert _content(trial) == before


def test_with_a_measurement_in_it_the_skeleton_is_judged(tmp_path: Path) -> None:
    folder = scratch.copy(tmp_path)
    scratch.lab(folder, *ASKED)
    measure = folder / "src" / "lab" / "experiments" / SLUG / "measure.py"
    text = measure.read_text().replace("return []", MEASURED).replace("import Arm", "import Arm, rows")
    measure.write_text(text.replace("from dataclasses import dataclass\n", f"{IMPORTED}\n", 1))
    done = scratch.lab(folder, "run", SLUG)
    assert done.returncode == 0, done.stdout
    assert f"{SLUG}: pass in" in done.stdout


@pytest.mark.parametrize(
    ("slug", "theme", "question", "said"),
    [
        ("Trial", "Streams", "Is it?", "can't name an experiment"),
        ("class", "Streams", "Is it?", "can't name an experiment"),
        ("../trial", "Streams", "Is it?", "can't name an experiment"),
        ("t" * 31, "Streams", "Is it?", "at most 30"),
        ("kafka_lag", "Streams", "Is it?", "'kafka_lag' is there already. Take another name"),
        ("kafka", "Streams", "Is it?", "could not be told apart"),
        ("kafka_lag_checks", "Streams", "Is it?", "is there already"),
        ("kafka_lag_two", "Streams", "Is it?", "could not be told apart"),
        ("trial", None, "Is it?", 'Add --theme with a new one, or one of the book\'s: "Streams"'),
        ("trial", "--> x", "Is it?", "no theme"),
        ("trial", "streams", "Is it?", "would take the place of another"),
        ("trial", "Reference", "Is it?", "would take the place of another"),
        ("trial", "Streams", None, "Add --question"),
        ("trial", "Streams", "It is.", "a question mark at its end"),
        ("trial", "Streams", 'Is "it"?', "without double quotes"),
        ("trial", "Streams", "Is it" * 20 + "?", "at most 100 characters"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(
    slug: str, theme: str | None, question: str | None, said: str
) -> None:
    with pytest.raises(ParameterError, match=said.replace("?", r"\?")):
        new.propose(slug, theme, question)


def test_a_file_that_cannot_be_written_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there, blocked = tmp_path / "there", tmp_path / "file"
    there.write_text("old")
    blocked.write_text("")
    files = {tmp_path / "package" / "made": "new", there: "new", blocked / "inside": "new"}
    monkeypatch.setattr(new, "rendered", lambda proposal: files)
    with pytest.raises(OSError, match="file"):
        new.write(new.Proposal("trial", "Streams", "Is it?"))
    assert not (tmp_path / "package").exists()
    assert there.read_text() == "old"
