"""All models side by side: what each says, this run's constants, the size at which its advice changes."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from lab.evidence.record import Record
from lab.report import grouped, tables
from lab.report.model import workings
from lab.report.row import Row, by_theme

_HEAD = ["model", "constants of this run", "the advice changes at"]
_CONSTANTS = 3  # in the row; all of them where it opens


def at_scale(rows: Sequence[Row], up: str, _: str) -> str:
    """One table; below each model a line that opens to formula, check, projection and advice."""
    known = [row for row in rows if row.told and row.told["model"]]
    groups = {
        theme: [_line(row, row.told, up) for row in own if row.told] for theme, own in by_theme(known).items()
    }
    if not groups:
        return "No experiment has been run yet."
    return grouped.table(_HEAD, groups, label="models", kind="lab-models")


def _line(row: Row, record: Record, up: str) -> grouped.Line:
    model, title = record["model"], html.escape(row.title)
    constants = "<br>".join(map(_constant, model["constants"][:_CONSTANTS]))
    behind = f'Formula, check, projection, advice<span class="visually-hidden"> of {title}</span>'
    return grouped.Line(
        [
            f'<a href="{up}{row.page}.html">{title}</a><br>{tables.inline(model["statement"])}',
            constants,
            tables.inline(model["changes_at"]) or "–",
        ],
        more=tables.fold(behind, workings(model, record["criteria"])),
    )


def _constant(item: Mapping[str, Any]) -> str:
    value = tables.quantity(item["value"], item["unit"])
    return f"{tables.inline(item['text'] or item['name'])}: <strong>{value}</strong>"
