"""An experiment's page: its executed notebook, put in the order that serves a reader."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from typing import Any

from lab import paths
from lab.evidence.record import Record
from lab.report import cells, evidence, history, own, settings, tables
from lab.report.box import box
from lab.report.cells import Cell
from lab.report.downloads import Download
from lab.report.row import Row


def page(row: Row, files: Sequence[Download]) -> str:
    """The page's notebook. Without a current record it is the notebook as written, marked `not run`."""
    source = row.place.notebook if row.record else paths.notebook(row.entry.slug)
    notebook = json.loads(source.read_text())  # nbformat takes longer to import than all pages take
    top, *rest = notebook["cells"]
    title, opening = _title("".join(top["source"]))
    name, figure = cells.figure(rest, _summary(row.record).get("figure", ""))
    notebook["cells"] = _without_empty_sections(
        [
            cells.markdown("lab-title", title),
            cells.markdown("lab-box", box(row, files, figure)),
            cells.markdown("lab-opening", opening),
            *_body(_with_alternatives(rest, row.record), row, name),
            *([cells.markdown("lab-history", history.fold(row.record))] if row.record else []),
        ]
    )
    return json.dumps(notebook, indent=1, ensure_ascii=False)


def _title(source: str) -> tuple[str, str]:
    """The title with its question, and what else the first cell says."""
    paragraphs = re.split(r"\n\s*\n", source.strip(), maxsplit=2)
    return "\n\n".join(paragraphs[:2]), "".join(paragraphs[2:])


def _summary(record: Record | None) -> dict[str, Any]:
    return (record or {}).get("summary") or {}


def _body(written: Sequence[Cell], row: Row, leading: str) -> list[Cell]:
    shown = [_shown(cell, row, leading) for cell in written]
    if row.record and not any("criteria" in cells.parts(cell) for cell in written):
        shown.insert(0, cells.markdown("lab-evidence", evidence.fold(row.record)))
    return [cell for cell in shown if cell]


def _shown(cell: Cell, row: Row, leading: str) -> Cell | None:
    if cell["cell_type"] != "code":
        return cell
    if "parameters" in cell["metadata"].get("tags", ()):
        shown = settings.fold(row.entry.slug, "".join(cell["source"]))
        return cells.markdown(cell["id"], f"{shown}\n\n{own.fold(row.entry.slug)}")
    return cells.code_cell(cell, row.record, leading)


def _with_alternatives(written: Sequence[Cell], record: Record | None) -> list[Cell]:
    """What the field does stands right after the section that has the first figure."""
    alternatives = _summary(record).get("alternatives", ())
    figures = [place for place, cell in enumerate(written) if cells.figure([cell])[0]]
    if not alternatives or not figures:
        return list(written)
    later = (place for place in range(figures[0], len(written)) if _level(written[place]) in (1, 2))
    end = next(later, len(written))
    return [*written[:end], cells.markdown("lab-alternatives", _alternatives(alternatives)), *written[end:]]


def _alternatives(items: Sequence[dict[str, str]]) -> str:
    rows = [
        [html.escape(item["name"]), *map(tables.inline, (item["what"], item["source"]))] for item in items
    ]
    head = ["default or alternative", "what it does", "source"]
    return "## What the field does\n\n" + tables.table(head, rows, label="defaults and alternatives")


def _level(cell: Cell) -> int:
    """Of the heading with which a cell of prose begins; 0 if with none."""
    found = re.match(r"(#+) ", "".join(cell["source"])) if cell["cell_type"] == "markdown" else None
    return len(found[1]) if found else 0


def _without_empty_sections(shown: Sequence[Cell]) -> list[Cell]:
    """A heading under which nothing is left goes, and so does a cell without a word."""
    kept: list[Cell] = []
    for cell in reversed(shown):
        words = "".join(cell["source"]).strip()
        bare = cell["cell_type"] == "markdown" and "\n" not in words and _level(cell) > 1
        if words and not (bare and (not kept or 0 < _level(kept[-1]) <= _level(cell))):
            kept.append(cell)
    return kept[::-1]
