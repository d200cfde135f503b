"""A table whose rows stand in groups, with a line below a row that opens to more."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.report import tables


@dataclass(frozen=True)
class Line:
    """A row. cells: HTML. attributes: of its element. more: HTML or Markdown in the full width below it."""

    cells: Sequence[str]
    attributes: str = ""
    more: str = ""


def table(head: Sequence[str], groups: Mapping[str, Sequence[Line]], label: str, kind: str) -> str:
    """An HTML table, each group below its name; on a phone each row is a block, as in `tables.table`."""
    bodies = "\n".join(_group(head, name, lines) for name, lines in groups.items())
    return (
        f'<div class="lab-table {kind}" tabindex="0" role="group" aria-label="{label}">'
        f'<table role="table">{tables.header(head)}\n{bodies}\n</table></div>'
    )


def _group(head: Sequence[str], name: str, lines: Sequence[Line]) -> str:
    shown = html.escape(name, quote=True)
    title = f'<tr role="row" class="lab-group"><th role="rowheader" scope="rowgroup" colspan="{len(head)}">{shown}</th></tr>'
    rows = "\n".join(_line(head, line) for line in lines)
    return f'<tbody role="rowgroup" data-group="{shown}">\n{title}\n{rows}\n</tbody>'


def _line(head: Sequence[str], line: Line) -> str:
    row = f'<tr role="row"{line.attributes}>{tables.cells(head, line.cells)}</tr>'
    if not line.more:
        return row
    # What is in it may be Markdown, so each tag that opens or closes the cell begins a line of its own.
    return f'{row}\n<tr role="row" class="lab-more"><td role="cell" colspan="{len(head)}">\n{line.more}\n</td></tr>'
