"""One experiment as the pages of the book show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.evidence.record import Record
from lab.report.catalogue import Entry
from lab.runner.place import Place


@dataclass(frozen=True)
class Row:
    """Title and question as declared, the record to show or None, and its place."""

    entry: Entry
    title: str
    question: str
    record: Record | None
    place: Place

    @property
    def page(self) -> str:
        return f"notebooks/{self.entry.slug}"

    @property
    def verdict(self) -> str:
        return self.record["verdict"] if self.record else "not run"

    @property
    def told(self) -> Record | None:
        """The record, if its run came to an answer."""
        return self.record if self.record and self.record["summary"] else None


def by_theme(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each theme, themes in the book's order."""
    themes: dict[str, list[Row]] = {}
    for row in rows:
        themes.setdefault(row.entry.theme, []).append(row)
    return themes


def machine_line(machine: Mapping[str, object]) -> str:
    """The machine in a phrase."""
    return f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB"
