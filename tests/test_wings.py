"""An experiment has its place in every wing, and the book's prose speaks of what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import paths
from wings import begun, lacking, lost


@pytest.mark.parametrize("slug", begun(paths.PROJECT))
def test_an_experiment_has_its_place_in_every_wing(slug: str) -> None:
    assert lacking(paths.PROJECT, slug) == []


def test_what_the_book_says_of_themes_matches_something() -> None:
    assert lost(paths.PROJECT) == []


def _project(folder: Path, toc: str, page: str) -> Path:
    """A project with one theme page and an experiment `mini` in every wing."""
    files = {
        "_toc.yml": toc,
        "book/themes/streams.md": page,
        "src/lab/experiments/mini/__init__.py": "",
        "notebooks/mini.ipynb": "",
        "notebooks/own/mini.py": "",
        "tests/experiments/test_mini.py": "",
        "tests/experiments/mini.small.yaml": "",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


TOC = "parts: [{caption: Streams, chapters: [{file: themes/streams}, {file: notebooks/mini}]}]"
PAGE = "<!-- lab:theme Streams -->"


@pytest.mark.parametrize(
    "room",
    [
        "src/lab/experiments/mini/__init__.py",
        "notebooks/mini.ipynb",
        "notebooks/own/mini.py",
        "tests/experiments/test_mini*.py",
        "tests/experiments/mini.small.yaml",
    ],
)
def test_a_wing_that_an_experiment_lacks_is_named(tmp_path: Path, room: str) -> None:
    project = _project(tmp_path, TOC, PAGE)
    assert begun(project) == ["mini"]
    assert lacking(project, "mini") == []
    (project / room.replace("*", "")).unlink()
    assert begun(project) == ["mini"]
    assert lacking(project, "mini") == [f"there is no {room}"]


def test_an_experiment_without_a_chapter_is_named(tmp_path: Path) -> None:
    project = _project(tmp_path, TOC.replace("notebooks/mini", "glossary"), PAGE)
    assert lacking(project, "mini") == ["there is no line `- file: notebooks/mini` in _toc.yml"]


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (PAGE, []),
        (
            "<!-- lab:theme Stream -->",
            [
                "book/themes/streams.md: _toc.yml has no part 'Stream'",
                "book/themes/streams.md has no mark <!-- lab:theme Streams -->",
            ],
        ),
    ],
)
def test_a_mark_that_matches_nothing_is_named(tmp_path: Path, page: str, said: list[str]) -> None:
    assert lost(_project(tmp_path, TOC, page)) == said
