"""What moved: experiments of which a figure lies outside the spread of the earlier runs on machines of the same class."""

from __future__ import annotations

import html
from collections.abc import Sequence

from lab.evidence.history import Spread
from lab.report import history, tables
from lab.report.row import Row


def changes(rows: Sequence[Row], up: str, _: str) -> str:
    """A line for each of those experiments, folded; nothing if there is none."""
    moved = [(row, found) for row in rows if row.told and (found := history.left(row.told))]
    if not moved:
        return ""
    items = "".join(
        f'<li><a href="{up}{row.page}.html">{html.escape(row.title)}</a>: {"; ".join(map(_moved, found))}</li>'
        for row, found in moved
    )
    line = f"{tables.counted(len(moved), 'experiment')} outside the spread of earlier runs"
    how = f'<a href="{up}method.html#earlier-runs">What the spread is</a>.'
    return tables.fold(line, f"<ul>{items}</ul><p>{how}</p>")


def _moved(each: Spread) -> str:
    low, high = (tables.quantity(value) for value in (each.low, each.high))
    now = html.escape(tables.quantity(each.value, each.unit))
    return f"<code>{html.escape(each.name)}</code> {now}, in {each.runs} earlier runs {low} to {high}"
