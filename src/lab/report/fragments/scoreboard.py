"""The scoreboard: every experiment by theme, with its verdict and the number that it is known by."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Sequence

from lab.evidence.record import Record
from lab.report import grouped, tables
from lab.report.fragments import filters
from lab.report.row import Row, by_theme, machine_line

_HEAD = ["question", "verdict", "headline", "minutes"]
_ITEMS = "scoreboard"


def scoreboard(rows: Sequence[Row], up: str, _: str) -> str:
    """Controls, machine and date once, and one table; a row says only where its run differs."""
    usual = _usual(row.record for row in rows if row.record)
    groups = {
        theme: [grouped.Line(_cells(row, up, usual), _attributes(row)) for row in own]
        for theme, own in by_theme(rows).items()
    }
    controls = filters.menu("verdict", sorted({row.verdict for row in rows})) + filters.menu("theme", groups)
    table = grouped.table(_HEAD, groups, label="scoreboard", kind="lab-scoreboard")
    return f"{_run_on(usual)}\n\n{filters.form(_ITEMS, controls, 'experiments')}\n{table}"


def _attributes(row: Row) -> str:
    return filters.attributes(_ITEMS, {"verdict": row.verdict, "theme": row.entry.theme})


def _cells(row: Row, up: str, usual: Sequence[str]) -> list[str]:
    link = f'<a href="{up}{row.page}.html">{html.escape(row.question)}</a>{_elsewhere(row, usual)}'
    if not row.told:
        return [link, tables.badge(row.verdict), "–", "–"]
    headline = row.told["summary"]["headline"]
    number = f"<strong>{tables.quantity(headline['value'], headline['unit'])}</strong>"
    text = f"<small>{tables.inline(headline['text'])}</small>"
    return [
        link,
        tables.badge(row.verdict),
        f"{number} {tables.grade(headline['grade'])} {text}",
        f"{row.told['duration_s'] / 60:.1f}",
    ]


def _run(record: Record) -> tuple[str, str]:
    """Date and machine of a run."""
    return record["finished"][:10], machine_line(record["provenance"]["machine"])


def _usual(records: Iterable[Record]) -> tuple[str, ...]:
    """The date and the machine that most runs share; nothing if there is no run."""
    runs = [_run(record) for record in records]
    return tuple(Counter(values).most_common(1)[0][0] for values in zip(*runs, strict=True))


def _run_on(usual: Sequence[str]) -> str:
    if not usual:
        return ""
    return f"Run on {usual[0]} on {usual[1]}, where a row does not say otherwise."


def _elsewhere(row: Row, usual: Sequence[str]) -> str:
    own = _run(row.record) if row.record else ()
    other = [value for value, common in zip(own, usual, strict=False) if value != common]
    return f" <small>(run on {html.escape(' on '.join(other))})</small>" if other else ""
