"""Tables and banners as HTML or Markdown, made from records and declarations only."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lab.evidence.criteria import Criterion
from lab.evidence.record import Record

SIGNS = {"pass": "✓", "fail": "✗", "inconclusive": "?", "error": "!", "not run": "–"}


def quantity(value: Any, unit: str = "") -> str:
    """A number with its unit, to the digits that a reader can use."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = (
        f"{value:,}"
        if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e15)
        else _digits(value)
    )
    return f"{text.removesuffix('.0')} {unit}".strip()


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun: 1 control, 2 controls, 2 criteria."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def _digits(value: float) -> str:
    size = abs(value)
    if size >= 1000:
        return f"{value:,.0f}"
    if size >= 100:
        return f"{value:.0f}"
    if size >= 0.001:
        return f"{value:.3g}"
    return f"{value:.2e}"


def cell(value: Any) -> str:
    """A value as a cell of a table: text escaped, a number to the digits that a reader can use, NaN as a dash."""
    if isinstance(value, str):
        return html.escape(value)
    plain = value.item() if hasattr(value, "item") else value
    return quantity(None if plain != plain else plain)


def inline(text: str) -> str:
    """A sentence of a record as HTML: escaped, with its `code`, *emphasis* and **stress**."""
    shown = html.escape(text, quote=False)
    for mark, tag in (("`", "code"), ("**", "strong"), ("*", "em")):
        sign = re.escape(mark)
        shown = re.sub(rf"{sign}(\S|\S.*?\S){sign}", rf"<{tag}>\1</{tag}>", shown)
    return shown


def declared(criteria: Iterable[Criterion]) -> str:
    """The criteria as declared before the run."""
    rows = [
        [
            html.escape(item.name),
            html.escape(item.text) + (" <em>(precondition)</em>" if item.precondition else ""),
            f"{relation(item.limit.relation)} {quantity(item.limit.bound, item.unit)}",
            item.tier,
            "yes" if item.acceptance else "",
        ]
        for item in criteria
    ]
    head = ["criterion", "what must be so", "limit", "tier", "acceptance"]
    return table(head, rows, label="criteria, declared before the run")


def badge(verdict: str) -> str:
    """A verdict as a sign and a word; colour only repeats what the word says."""
    return f'<span class="lab-badge lab-{verdict.replace(" ", "-")}">{SIGNS[verdict]} {verdict}</span>'


GRADES = {
    "measured": "the run varied this very quantity",
    "simulated": "a stated model stood in for the real thing",
    "extrapolated": "drawn beyond the measured range",
    "arithmetic": "from definitions or published numbers",
}


def grade(name: str | None) -> str:
    """How strong a statement is, as a word; nothing where it does not say. The method page explains the words."""
    return f'<span class="lab-grade lab-{name}" title="{GRADES[name]}">{name}</span>' if name else ""


def graded(item: Mapping[str, Any]) -> str:
    """The grade of a decision or of a piece of advice, with its basis."""
    basis = html.escape(item["basis"])
    return f"{grade(item['grade'])} {f'<small>{basis}</small>' if basis else ''}".strip()


def banner(record: Record) -> str:
    """The verdict with its reasons."""
    reasons = "; ".join(html.escape(reason) for reason in record["reasons"])
    return f'<p class="lab-verdict">{badge(record["verdict"])} {reasons}</p>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], label: str = "table") -> str:
    """An HTML table; cells are HTML. Too wide for its place it scrolls by itself; on a phone each row is a block.

    There each cell stands below its column's name, and the roles keep it a table to those who hear it.
    """
    body = "".join(f'<tr role="row">{cells(head, row)}</tr>' for row in rows)
    return (
        f'<div class="lab-table" tabindex="0" role="group" aria-label="{label}"><table role="table">'
        f'{header(head)}<tbody role="rowgroup">{body}</tbody></table></div>'
    )


def header(head: Sequence[str]) -> str:
    """The names of a table's columns."""
    names = "".join(f'<th role="columnheader" scope="col">{name}</th>' for name in head)
    return f'<thead role="rowgroup"><tr role="row">{names}</tr></thead>'


def cells(head: Sequence[str], row: Sequence[str]) -> str:
    """The cells of a row, each with the name of its column."""
    names = [html.escape(_plain(name), quote=True) for name in head]
    return "".join(
        f'<td role="cell" data-label="{name}">{cell}</td>' for name, cell in zip(names, row, strict=True)
    )


def _plain(name: str) -> str:
    """A column's name without tags, its grade in brackets."""
    named = re.sub(r"<span\b[^>]*>([^<]*)</span>", r"(\1)", name)
    return html.unescape(re.sub(r"<[^>]*>", "", named))


def fold(line: str, inner: str) -> str:
    """`inner`, HTML or Markdown, behind a line of HTML that says what it is."""
    return f'<details class="lab-fold"><summary>{line}</summary>\n\n{inner}\n\n</details>'


def block(inner: str, kind: str) -> str:
    """HTML as one block of a class, which stands in a page of Markdown: there a blank line would end it."""
    return re.sub(r"\n\s*\n", "\n", f'<div class="{kind}">\n{inner}\n</div>')


def relation(symbol: str) -> str:
    """A limit's relation as it is printed."""
    return {"<=": "≤", ">=": "≥", "==": "="}[symbol]
