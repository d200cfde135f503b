"""Parts of the prose pages that are computed from the records: scoreboard, laws, decisions, lists.

A page asks for one with a comment such as `<!-- lab:scoreboard -->`.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lab import paths
from lab.errors import LabError
from lab.evidence import record
from lab.evidence.record import Record
from lab.report import catalogue, tables
from lab.runner.place import Place

_MARK = re.compile(r"<!-- lab:(\w+)(?: (.+?))? -->")


@dataclass(frozen=True)
class Row:
    """One experiment of the book: title and question as declared, the record to show or None, and its place."""

    entry: catalogue.Entry
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


def fill(text: str, rows: Sequence[Row], depth: int = 0) -> str:
    """`text` with every mark replaced. depth: how many folders the page stands below the book's root."""

    def replace(match: re.Match[str]) -> str:
        name, argument = match[1], match[2] or ""
        if name not in _FRAGMENTS:
            raise LabError(f"no fragment {name!r}; known: {', '.join(_FRAGMENTS)}")
        return _FRAGMENTS[name](rows, "../" * depth, argument)

    return _MARK.sub(replace, text)


def _counts(rows: Sequence[Row], up: str, _: str) -> str:
    counts = Counter(row.verdict for row in rows)
    said = ", ".join(f"{counts[name]} {name}" for name in tables.SIGNS if counts[name])
    return f"**{len(rows)} experiments: {said}.** {len(catalogue.planned())} more are [to come](#to-come)."


def _scoreboard(rows: Sequence[Row], up: str, _: str) -> str:
    head = ["question", "verdict", "headline", "minutes", "run on"]
    return tables.table(head, [_score(row, up) for row in rows], label="scoreboard")


def _score(row: Row, up: str) -> list[str]:
    link = f'<a href="{up}{row.page}.html">{html.escape(row.question)}</a>'
    badge = tables.badge(row.verdict)
    if row.record is None or not row.record["summary"]:
        return [link, badge, "–", "–", "–"]
    summary, machine = row.record["summary"], row.record["provenance"]["machine"]
    headline = summary["headline"]
    number = f"<strong>{tables.quantity(headline['value'], headline['unit'])}</strong>"
    return [
        link,
        badge,
        f"{number}<br><small>{html.escape(headline['text'])}</small>",
        f"{row.record['duration_s'] / 60:.1f}",
        f"{row.record['finished'][:10]}<br><small>{html.escape(machine_line(machine))}</small>",
    ]


def machine_line(machine: Mapping[str, object]) -> str:
    """The machine in a phrase."""
    return f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB"


def _roadmap(rows: Sequence[Row], up: str, _: str) -> str:
    by_theme: dict[str, list[str]] = {}
    for item in catalogue.planned():
        by_theme.setdefault(item["theme"], []).append(f"{item['question']} (`{item['slug']}`)")
    return "\n".join(
        f"- **{theme}**\n" + "\n".join(f"  - {line}" for line in lines) for theme, lines in by_theme.items()
    )


def _theme(rows: Sequence[Row], up: str, theme: str) -> str:
    own = [row for row in rows if row.entry.theme == theme]
    return "\n\n".join(
        f"**[{row.title}]({up}{row.page}.ipynb)** ({row.verdict}). {_answer(row)}" for row in own
    )


def _answer(row: Row) -> str:
    return row.record["summary"]["answer"] if row.record and row.record["summary"] else row.question


def _decisions(rows: Sequence[Row], up: str, _: str) -> str:
    lines = [
        f"**{item['question']}**\n: {item['answer']} [How this was measured]({up}{row.page}.ipynb)"
        for row in rows
        if row.record and row.record["summary"]
        for item in row.record["summary"]["decisions"]
    ]
    return "\n\n".join(lines) or "No experiment has been run yet."


def _laws(rows: Sequence[Row], up: str, _: str) -> str:
    parts = [
        f"## [{row.title}]({up}{row.page}.ipynb)\n\n{tables.model(row.record['model'])}"
        for row in rows
        if row.record and row.record["model"]
    ]
    return "\n\n".join(parts) or "No experiment has been run yet."


def _inconclusive(rows: Sequence[Row], up: str, _: str) -> str:
    example = record.read(paths.PROJECT / "book" / "examples" / "inconclusive.json")
    doubtful = [item["name"] for item in example["criteria"] if item["outcome"] != "pass"]
    held = len(example["criteria"]) - len(doubtful)
    return (
        f"This is what a run of {example['experiment']} said on {example['finished'][:10]}, on a machine that was busy "
        f"with other work:\n\n{tables.banner(example)}\n\n{held} of its {len(example['criteria'])} criteria held, and "
        "the control failed as it must. All the same there is no pass: "
        f"{', '.join(f'`{name}`' for name in doubtful)} is a precondition, and what was measured at another load than "
        "the one that was asked for answers another question."
    )


_FRAGMENTS: dict[str, Callable[[Sequence[Row], str, str], str]] = {
    "counts": _counts,
    "scoreboard": _scoreboard,
    "roadmap": _roadmap,
    "theme": _theme,
    "decisions": _decisions,
    "laws": _laws,
    "inconclusive": _inconclusive,
}
