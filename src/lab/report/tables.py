"""Tables and banners as HTML or Markdown, made from records and declarations only."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
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


def declared(criteria: Iterable[Criterion]) -> str:
    """The criteria as declared before the run."""
    rows = [
        [
            html.escape(item.name),
            html.escape(item.text) + (" <em>(precondition)</em>" if item.precondition else ""),
            f"{_relation(item.limit.relation)} {quantity(item.limit.bound, item.unit)}",
            item.tier,
            "yes" if item.acceptance else "",
        ]
        for item in criteria
    ]
    head = ["criterion", "what must be so", "limit", "tier", "acceptance"]
    return table(head, rows, label="criteria, declared before the run")


def verdict(record: Record) -> str:
    """Verdict, its reasons and every criterion with what was seen."""
    rows = [_criterion_row(item, "treatment") for item in record["criteria"]]
    rows += [
        _criterion_row(arm | {"name": arm["criterion"]}, f"control: {arm['name']}")
        for arm in record["control"]["variants"]
    ]
    head = ["arm", "criterion", "observed", "limit", "outcome"]
    return banner(record) + table(head, rows, label="verdict by criterion")


def _criterion_row(item: Record, arm: str) -> list[str]:
    bound = quantity(item["limit"]["bound"], item["unit"])
    seen = quantity(item["observed"], item["unit"])
    if item["interval"]:
        seen += f" [{quantity(item['interval'][0])}, {quantity(item['interval'][1])}]"
    detail = f"<br><small>{html.escape(item['detail'])}</small>" if item["detail"] else ""
    return [
        html.escape(arm),
        html.escape(item["name"]),
        seen + detail,
        f"{_relation(item['limit']['relation'])} {bound}",
        badge(item["outcome"]),
    ]


def model(item: Record) -> str:
    """A record's model as Markdown: statement, formula, constants, check, projection, advice."""
    constants = ", ".join(
        f"{metric['text'] or metric['name']} = {quantity(metric['value'], metric['unit'])}"
        for metric in item["constants"]
    )
    check = item["check"]
    # There is no relative error where nothing, or zero, was measured.
    error = "" if check["error"] is None else f" ({check['error']:+.1%})"
    held = (
        f"Checked inside this run at {check['where']}: predicted {quantity(check['predicted'], check['unit'])}, "
        f"measured {quantity(check['measured'], check['unit'])}{error}."
    )
    rows = [
        [quantity(value) if not isinstance(value, str) else value for value in row]
        for row in item["projection"]["rows"]
    ]
    advice = "\n".join(f"- {sentence['text']}" for sentence in item["advice"])
    parts = [
        item["statement"],
        f"$$\n{item['formula']}\n$$",
        f"Measured here: {constants}.",
        held,
        table([html.escape(name) for name in item["projection"]["columns"]], rows, label="projection"),
        "**What to change, and when**",
        advice,
    ]
    return "\n\n".join(parts)


def badge(verdict: str) -> str:
    """A verdict as a sign and a word; colour only repeats what the word says."""
    return f'<span class="lab-badge lab-{verdict.replace(" ", "-")}">{SIGNS[verdict]} {verdict}</span>'


def banner(record: Record) -> str:
    """The verdict with its reasons."""
    reasons = "; ".join(html.escape(reason) for reason in record["reasons"])
    return f'<p class="lab-verdict">{badge(record["verdict"])} {reasons}</p>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], label: str = "table") -> str:
    """An HTML table in a box that scrolls by itself on a narrow screen. Cells are HTML."""
    heads = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="lab-table" tabindex="0" role="group" aria-label="{label}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _relation(symbol: str) -> str:
    return {"<=": "≤", ">=": "≥", "==": "="}[symbol]
