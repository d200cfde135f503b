"""Which experiments there are, in which theme: read from `_toc.yml` and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from lab import paths

TOC = paths.PROJECT / "_toc.yml"
_NOTEBOOKS = "notebooks/"


@dataclass(frozen=True)
class Entry:
    """One experiment of the book and the theme under which it stands."""

    slug: str
    theme: str


def entries() -> list[Entry]:
    """All experiments in the book's order."""
    toc = yaml.safe_load(TOC.read_text())
    return [
        Entry(chapter["file"].removeprefix(_NOTEBOOKS), part["caption"])
        for part in toc["parts"]
        for chapter in part["chapters"]
        if chapter["file"].startswith(_NOTEBOOKS)
    ]


def slugs() -> list[str]:
    return [entry.slug for entry in entries()]


def planned() -> list[dict[str, str]]:
    """Experiments to come: slug, theme and question of each that is not in the book yet."""
    roadmap = yaml.safe_load((paths.PROJECT / "book" / "roadmap.yml").read_text())
    written = set(slugs())
    return [item for item in roadmap if item["slug"] not in written]
