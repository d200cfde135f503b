"""The box at the top of an experiment's page: verdict, answer, leading figure, decisions, how to repeat it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from lab.evidence import sweeps
from lab.evidence.record import Record
from lab.report import evidence, tables
from lab.report.downloads import Download
from lab.report.row import Row, machine_line


def box(row: Row, files: Sequence[Download], figure: str = "") -> str:
    """One block of HTML. figure: the leading figure as HTML, taken out of the notebook."""
    parts = [*_finding(row.record, figure), *_origin(row.record), _repeat(row, files)]
    return tables.block("\n".join(part for part in parts if part), "lab-box")


def _finding(record: Record | None, figure: str) -> list[str]:
    if record is None:
        return [
            f'<p class="lab-verdict">{tables.badge("not run")} There is no result for the code as it is now.</p>'
        ]
    summary = record["summary"]
    if not summary:
        return [tables.banner(record)]
    conditions = "; ".join(map(tables.inline, summary["conditions"]))
    return [
        _verdict(record),
        f'<p class="lab-answer">{tables.inline(summary["answer"])}</p>',
        f'<p class="lab-conditions"><strong>Holds for:</strong> {conditions}.</p>' if conditions else "",
        figure,
        _reasons(record),
        _decisions(summary["decisions"]),
    ]


def _verdict(record: Record) -> str:
    """The verdict in one line."""
    if record["verdict"] == "pass":
        return tables.banner(record)
    return f'<p class="lab-verdict">{tables.badge(record["verdict"])} {evidence.count(record)}</p>'


def _reasons(record: Record) -> str:
    """Why it is no pass, folded below the figure: above it they would push the picture off the first screen."""
    if record["verdict"] == "pass":
        return ""
    reasons = "".join(f"<li>{html.escape(reason)}</li>" for reason in record["reasons"])
    return tables.fold(f"Why {record['verdict']} (reasons: {len(record['reasons'])})", f"<ul>{reasons}</ul>")


def _decisions(decisions: Sequence[dict[str, Any]]) -> str:
    if not decisions:
        return ""
    items = "\n".join(
        f"<dt>{tables.inline(item['question'])}</dt><dd>{tables.inline(item['answer'])} {_grounds(item)}</dd>"
        for item in decisions
    )
    return f'<dl class="lab-decisions">\n{items}\n</dl>'


def _grounds(decision: dict[str, Any]) -> str:
    """How strong the answer is, on what it rests, where it is seen."""
    rests = ", ".join(f"<code>{html.escape(name)}</code>" for name in decision["rests_on"])
    link = f'<a href="#figure-{decision["figure"]}">figure</a>' if decision["figure"] else ""
    parts = [tables.graded(decision), f"<small>rests on {rests}</small>" if rests else "", link]
    return f'<span class="lab-grounds">{" · ".join(part for part in parts if part)}</span>'


def _origin(record: Record | None) -> list[str]:
    """Machine, date, services."""
    if record is None:
        return []
    origin = record["provenance"]
    tries = f", attempt {record['attempts']}" if record["attempts"] > 1 else ""
    services = ", ".join(f"{name} {version}" for name, version in origin["services"].items())
    run = (
        f"Run on {record['finished'][:10]}{tries}, {record['duration_s']:.0f} s, "
        f"{machine_line(origin['machine'])}. {services}"
    )
    return [f'<p class="lab-origin">{html.escape(run.strip())}</p>']


def _repeat(row: Row, files: Sequence[Download]) -> str:
    slug = row.entry.slug
    links = " · ".join(
        f'<a href="../_static/downloads/{slug}/{file.path.name}" download>{html.escape(file.text)}</a>'
        for file in files
    )
    grades = ' <a href="../method.html#strength-of-evidence">What the grades mean</a>.'
    return f'<p class="lab-origin">Repeat it: <code>lab run {slug}</code>.{_swept(slug)} Download: {links}.{grades}</p>'


def _swept(slug: str) -> str:
    """A link to what changes with the parameters, if that was kept."""
    found = sweeps.kept(slug)
    names = " and ".join(f"<code>{name}</code>" for name in found.names) if found else ""
    return f' <a href="../sweeps/{slug}.html">What changes with {names}</a>.' if names else ""
