"""How the result changes with size, as Markdown: statement, formula, constants, check, projection, advice."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from lab.report import tables

Item = dict[str, Any]


def model(item: Item, criteria: Sequence[Item] = (), calculator: str = "") -> str:
    """A record's model.

    criteria: those of the record, to tell how the one that holds the prediction came out. calculator: HTML for the reader's
    own numbers; it follows the projection, which stays where scripts are off.
    """
    return f"{item['statement']}\n\n{workings(item, criteria, calculator)}"


def workings(item: Item, criteria: Sequence[Item] = (), calculator: str = "") -> str:
    """What stands behind a model's statement."""
    parts = [
        f"$$\n{item['formula']}\n$$",
        "Constants of this run:\n\n" + "\n".join(f"- {_constant(metric)}" for metric in item["constants"]),
        _check(item["check"], criteria),
        projection(item["projection"]),
        *([calculator] if calculator else []),
        f"**What to change, and when.** {_changes(item)}".strip(),
        "\n".join(f"- {each['text']} {tables.graded(each)}".rstrip() for each in item["advice"]),
    ]
    return "\n\n".join(parts)


def _constant(metric: Item) -> str:
    value = tables.quantity(metric["value"], metric["unit"])
    strength = "" if metric["grade"] == "measured" else f" {tables.grade(metric['grade'])}"
    return f"{metric['text'] or metric['name']}: {value}{strength}"


def _check(check: Item, criteria: Sequence[Item]) -> str:
    # There is no relative error where nothing, or zero, was measured.
    error = "" if check["error"] is None else f" ({check['error']:+.1%})"
    said = (
        f"Checked inside this run at {check['where']}: predicted {tables.quantity(check['predicted'], check['unit'])}, "
        f"measured {tables.quantity(check['measured'], check['unit'])}{error}."
    )
    held = [_held(criterion) for criterion in criteria if criterion["name"] == check["criterion"]]
    return " ".join([said, *held])


def _held(criterion: Item) -> str:
    limit = tables.quantity(criterion["limit"]["bound"], criterion["unit"])
    seen = tables.quantity(criterion["observed"], criterion["unit"])
    return (
        f"Criterion `{criterion['name']}`: {seen}, limit {tables.relation(criterion['limit']['relation'])} {limit} "
        f"{tables.badge(criterion['outcome'])}"
    )


def _changes(item: Item) -> str:
    return f"The advice changes at {item['changes_at']}." if item["changes_at"] else ""


def projection(item: Item) -> str:
    """The projection's table: a grade for each column, and a sign at each cell that lies beyond the check."""
    factor, *columns = map(html.escape, item["columns"])
    own = item["grades"][0] if item["grades"] else [None] * len(columns)
    head = [
        factor,
        *(f"{name} {tables.grade(strength)}".strip() for name, strength in zip(columns, own, strict=True)),
    ]
    rows = [
        [tables.cell(row[0]), *map(_cell, row[1:], strengths)]
        for row, strengths in zip(item["rows"], item["grades"], strict=True)
    ]
    beyond = any("extrapolated" in strengths for strengths in item["grades"])
    legend = (
        "\n\n<small>*In italics with † : extrapolated, beyond what the check covers.*</small>"
        if beyond
        else ""
    )
    return tables.table(head, rows, label="projection") + legend


def _cell(value: Any, strength: str | None) -> str:
    shown = tables.cell(value)
    return f'<em class="lab-extrapolated">{shown}&nbsp;†</em>' if strength == "extrapolated" else shown
