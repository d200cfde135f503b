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


def pages() -> list[tuple[str, str]]:
    """Every page of the book in its order: part ("" for the landing page), file without its ending."""
    toc = yaml.safe_load(TOC.read_text())
    chapters = [(part["caption"], each["file"]) for part in toc["parts"] for each in part["chapters"]]
    return [("", toc["root"]), *chapters]


def entries() -> list[Entry]:
    """All experiments in the book's order."""
    return [
        Entry(file.removeprefix(_NOTEBOOKS), part) for part, file in pages() if file.startswith(_NOTEBOOKS)
    ]


def slugs() -> list[str]:
    return [entry.slug for entry in entries()]
