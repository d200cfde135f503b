"""Lay out the book's sources in one folder: prose with its fragments filled in, pages, downloads, static files."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from lab import paths
from lab.evidence import record
from lab.report.downloads import downloads
from lab.report.fragments import fill
from lab.report.page import page
from lab.report.row import Row

BOOK = paths.PROJECT / "book"


def stage(rows: Sequence[Row], target: Path) -> None:
    """Everything that Jupyter Book reads, in `target`, made afresh."""
    frame(target)
    prose(rows, target)
    _pages(rows, target)


def frame(target: Path) -> None:
    """What the pages stand in: configuration, table of contents, static files, references."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(paths.PROJECT / name, target / name)
    shutil.copytree(BOOK / "_static", target / "_static")
    shutil.copy(BOOK / "references.bib", target / "references.bib")
    schema = Path(record.__file__).with_name("record.schema.json")
    shutil.copy(schema, target / "_static" / schema.name)


def prose(rows: Sequence[Row], target: Path) -> None:
    """The pages around the experiments, with what `rows` say filled in."""
    for path in sorted(BOOK.rglob("*.md")):
        place = path.relative_to(BOOK)
        (target / place).parent.mkdir(exist_ok=True)
        (target / place).write_text(fill(path.read_text(), rows, len(place.parts) - 1))


def _pages(rows: Sequence[Row], target: Path) -> None:
    folder = target / "notebooks"
    folder.mkdir(exist_ok=True)
    for row in rows:
        files = downloads(row, target / "_static" / "downloads" / row.entry.slug)
        (folder / f"{row.entry.slug}.ipynb").write_text(page(row, files))
