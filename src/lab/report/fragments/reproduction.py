"""The drift report: which experiments came out the same when they were run again under load."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence

from lab.evidence.reproduction import Load, Reproduction, kept
from lab.report import grouped, tables
from lab.report.reproduction import VERDICTS, outdated, remarks, table
from lab.report.row import Row, by_theme, machine_line

_HEAD = ["experiment", "under load", "seconds, baseline", "seconds, under load", "what differed"]


def reproduced(rows: Sequence[Row], up: str, _: str) -> str:
    """How many of the experiments came out the same, and how many comparisons are of something older."""
    found = [kept(row.entry.slug) for row in rows]
    if not any(found):
        return "No experiment has been run again under load yet."
    came = Counter(made.overall if made else "not run again" for made in found)
    others = [
        f"{came[word]} {word}" for word in [*VERDICTS, "not run again"] if came[word] and word != "agrees"
    ]
    rest = f" ({', '.join(others)})" if others else ""
    old = sum(bool(made and outdated(made)) for made in found)
    since = f" Of {tables.counted(old, 'comparison')} code or baseline has changed since." if old else ""
    return f"**{came['agrees']} of {tables.counted(len(rows), 'experiment')} agree with the baseline**{rest}.{since}"


def reproduction(rows: Sequence[Row], up: str, _: str) -> str:
    """When, where and under which load; then a line for each experiment, which opens to every criterion."""
    made = {row.entry.slug: kept(row.entry.slug) for row in rows}
    if not any(made.values()):
        return ""
    groups = {
        theme: [_line(row, made[row.entry.slug], up) for row in own] for theme, own in by_theme(rows).items()
    }
    lines = grouped.table(_HEAD, groups, label="experiments run again", kind="lab-reproduction")
    return f"{_origin([each for each in made.values() if each])}\n\n{lines}"


def _origin(found: Sequence[Reproduction]) -> str:
    days = _span(sorted(each.after.finished[:10] for each in found))
    machines = "; ".join(sorted({machine_line(each.after.machine) for each in found}))
    loads = "; ".join(sorted({_load(each.load) for each in found}))
    share = _span([f"{share:.0%}" for share in sorted(each.load.share for each in found)])
    said = f"Run on {days} on {machines}. The load: {loads}. It was given {share} of its core's time."
    return html.escape(said)


def _load(load: Load) -> str:
    busy, pause = (_span(list(map(tables.quantity, edges))) for edges in (load.busy_s, load.pause_s))
    return f"seed {load.seed}, {busy} s of work, {pause} s of pause, and so on"


def _span(ordered: Sequence[str]) -> str:
    return " to ".join(dict.fromkeys((ordered[0], ordered[-1])))


def _line(row: Row, found: Reproduction | None, up: str) -> grouped.Line:
    title = html.escape(row.title)
    link = f'<a href="{up}{row.page}.html">{title}</a>'
    if found is None:
        return grouped.Line([link, tables.badge("not run"), "–", "–", "–"])
    verdict = VERDICTS[found.overall]
    badge = f'<span class="lab-badge lab-{verdict}">{tables.SIGNS[verdict]} {found.overall}</span>'
    seconds = [f"{run.duration_s:.0f}" for run in (found.before, found.after)]
    cells = [link, badge, *seconds, tables.inline("; ".join(remarks(found))) or "nothing"]
    came = [item.agrees for item in found.criteria if item.agrees]
    line = f'{came.count("yes")} of {len(came)} confirmed<span class="visually-hidden">: {title}</span>'
    return grouped.Line(cells, more=tables.fold(line, table(found)) if came else "")
