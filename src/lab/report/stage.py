"""Lay out the book's sources in one folder: prose with its fragments filled in, pages, downloads, static files."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import yaml

from lab import paths
from lab.evidence import record, sweeps
from lab.report import catalogue
from lab.report.downloads import downloads
from lab.report.fragments import fill
from lab.report.page import page
from lab.report.row import Row
from lab.report.sweep import chapter

BOOK = paths.PROJECT / "book"


def stage(rows: Sequence[Row], target: Path) -> None:
    """Everything that Jupyter Book reads, in `target`, made afresh."""
    frame(target)
    prose(rows, target)
    _pages(rows, target)


def pages() -> list[tuple[str, str]]:
    """Every page of the built book in its order, a kept sweep's after its experiment's: part, file without its ending."""
    listed = [[(part, file), (part, _swept(file))] for part, file in catalogue.pages()]
    return [page for pair in listed for page in pair if page[1]]


def frame(target: Path) -> None:
    """What the pages stand in: configuration, table of contents, static files, references."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shutil.copy(paths.PROJECT / "_config.yml", target / "_config.yml")
    (target / "_toc.yml").write_text(_contents())
    shutil.copytree(BOOK / "_static", target / "_static")
    shutil.copy(BOOK / "references.bib", target / "references.bib")
    schema = Path(record.__file__).with_name("record.schema.json")
    shutil.copy(schema, target / "_static" / schema.name)


def _contents() -> str:
    """The table of contents, with the page of each kept sweep below its experiment."""
    toc = yaml.safe_load(catalogue.TOC.read_text())
    for one in (item for part in toc["parts"] for item in part["chapters"]):
        if swept := _swept(one["file"]):
            one["sections"] = [{"file": swept}]
    return yaml.safe_dump(toc, sort_keys=False, allow_unicode=True)


def _swept(file: str) -> str:
    """The page of the kept sweep of an experiment's page; "" if there is none."""
    folder, _, slug = file.rpartition("/")
    return f"sweeps/{slug}" if folder == "notebooks" and sweeps.kept(slug) else ""


def prose(rows: Sequence[Row], target: Path) -> None:
    """The pages around the experiments, with what `rows` say filled in."""
    for path in sorted(BOOK.rglob("*.md")):
        place = path.relative_to(BOOK)
        (target / place).parent.mkdir(exist_ok=True)
        (target / place).write_text(fill(path.read_text(), rows, len(place.parts) - 1))


def _pages(rows: Sequence[Row], target: Path) -> None:
    folder = target / "notebooks"
    folder.mkdir(exist_ok=True)
    (target / "sweeps").mkdir(exist_ok=True)
    for row in rows:
        if swept := sweeps.kept(row.entry.slug):
            (target / "sweeps" / f"{row.entry.slug}.md").write_text(chapter(swept))
        files = downloads(row, target / "_static" / "downloads" / row.entry.slug)
        (folder / f"{row.entry.slug}.ipynb").write_text(page(row, files))
