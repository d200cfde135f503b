"""One place for each experiment in each wing of the project, and what the book's prose says of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

_MARK = re.compile(r"<!-- lab:theme (.+?) -->")


def lacking(project: Path, slug: str) -> list[str]:
    """What `slug` lacks in `project`, a sentence each."""
    rooms = {
        f"src/lab/experiments/{slug}/__init__.py",
        f"notebooks/{slug}.ipynb",
        f"notebooks/own/{slug}.py",
        f"tests/experiments/test_{slug}*.py",
        f"tests/experiments/{slug}.small.yaml",
    }
    missing = [f"there is no {room}" for room in sorted(rooms) if not any(project.glob(room))]
    if slug not in _chapters(project):
        missing.append(f"there is no line `- file: notebooks/{slug}` in _toc.yml")
    return missing


def begun(project: Path) -> list[str]:
    """Experiments of which there is anything in any wing."""
    packages = {path.parent.name for path in project.glob("src/lab/experiments/*/__init__.py")}
    notebooks = {path.stem for path in project.glob("notebooks/*.ipynb")}
    small = {path.name.removesuffix(".small.yaml") for path in project.glob("tests/experiments/*.small.yaml")}
    return sorted(packages | notebooks | small | set(_chapters(project)))


def lost(project: Path) -> list[str]:
    """Marks of the book's prose that match nothing, a sentence each."""
    marks = {
        path.relative_to(project).as_posix(): _MARK.findall(path.read_text())
        for path in project.glob("book/**/*.md")
    }
    captions = [part["caption"] for part in _toc(project)["parts"]]
    found = [
        f"{path}: _toc.yml has no part {theme!r}"
        for path, themes in marks.items()
        for theme in themes
        if theme not in captions
    ]
    return found + _without_mark(project, marks)


def _without_mark(project: Path, marks: dict[str, list[str]]) -> list[str]:
    """Parts with experiments whose first page does not list them."""
    parts = [part for part in _toc(project)["parts"] if _notebooks(part)]
    pages = {part["caption"]: f"book/{part['chapters'][0]['file']}.md" for part in parts}
    return [
        f"{page} has no mark <!-- lab:theme {theme} -->"
        for theme, page in pages.items()
        if theme not in marks.get(page, [])
    ]


def _toc(project: Path) -> dict[str, Any]:
    return yaml.safe_load((project / "_toc.yml").read_text())


def _chapters(project: Path) -> list[str]:
    return [slug for part in _toc(project)["parts"] for slug in _notebooks(part)]


def _notebooks(part: dict[str, Any]) -> list[str]:
    files = [chapter["file"] for chapter in part["chapters"]]
    return [file.removeprefix("notebooks/") for file in files if file.startswith("notebooks/")]
