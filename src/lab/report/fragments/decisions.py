"""The decision index: what practitioners ask, with this run's answer, how strong it is and where it is seen."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from lab.report import tables
from lab.report.fragments import filters
from lab.report.row import Row, by_theme

_ITEMS = "decisions"


def decisions(rows: Sequence[Row], up: str, _: str) -> str:
    """A field that narrows the questions as one types, and the questions by theme."""
    asked = [row for row in rows if row.told and row.told["summary"]["decisions"]]
    if not asked:
        return "No experiment has been run yet."
    field = filters.form(_ITEMS, filters.words("Words in question or answer"), "questions")
    themes = [
        f"## {theme}\n\n" + "\n\n".join(_experiment(row, row.told["summary"], up) for row in own if row.told)
        for theme, own in by_theme(asked).items()
    ]
    return "\n\n".join([field, *themes])


def _experiment(row: Row, summary: Mapping[str, Any], up: str) -> str:
    """The questions of one experiment, below what holds for all of them."""
    page = f"{up}{row.page}.html"
    conditions = "; ".join(map(tables.inline, summary["conditions"]))
    holds = f" Holds for: {conditions}." if conditions else ""
    items = "".join(_decision(item, page) for item in summary["decisions"])
    return (
        f'<div class="lab-asked" data-group="{html.escape(row.title, quote=True)}">'
        f'<p><a href="{page}">{html.escape(row.title)}</a> {tables.badge(row.verdict)}{holds}</p><dl>{items}</dl></div>'
    )


def _decision(item: Mapping[str, Any], page: str) -> str:
    link = f' <a href="{page}#figure-{item["figure"]}">Figure</a>' if item["figure"] else ""
    return (
        f"<div{filters.attributes(_ITEMS, {})}><dt>{tables.inline(item['question'])}</dt>"
        f"<dd>{tables.inline(item['answer'])} {tables.graded(item)}{link}</dd></div>"
    )
