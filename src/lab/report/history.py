"""How the figures of an experiment moved over its published runs: folded on its page, and for a terminal."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Sequence

import pandas as pd

from lab.charts import alt
from lab.charts.figure import Figure
from lab.errors import EvidenceError
from lab.evidence import history
from lab.evidence.history import Entry, Kept, Spread
from lab.evidence.provenance import machine_class
from lab.evidence.record import Record
from lab.report import tables
from lab.report.drawn import drawn
from lab.report.panels import panels
from lab.report.row import machine_line


def left(record: Record) -> list[Spread]:
    """The figures of a run that lie outside the spread of the earlier ones; none of a run that could not tell."""
    if record["verdict"] == "inconclusive":
        return []
    item, kept = _of(record)
    return [each for each in history.spreads(item, history.like(item, kept.entries)) if each.left]


def fold(record: Record) -> str:
    """Chart and table of the runs on the record's class of machine, behind a line; only a line if there is one run."""
    if record["verdict"] in ("error", "not run"):
        return ""
    item, kept = _of(record)
    earlier = history.like(item, kept.entries)
    unread = (
        f"<p>Could not be read: {', '.join(path.name for path in kept.broken)}.</p>" if kept.broken else ""
    )
    if not earlier:
        none = "No earlier published run with these parameters on this class of machine is kept."
        return f"<p><small>{none}</small></p>{unread}"
    runs = [*earlier, item]
    shown = drawn(json.dumps(runs, sort_keys=True), lambda: figure(runs).html("history"))
    known = [other for other in kept.entries if other["run_id"] != item["run_id"]]
    line = f"{len(runs)} published runs on this class of machine since {earlier[0]['finished'][:10]}"
    inner = f"{shown}{_table([*known, item])}{unread}"
    return tables.fold(line, tables.block(inner, "lab-history"))


def _of(record: Record) -> tuple[Entry, Kept]:
    item = history.entry(record)
    return item, history.kept(item["experiment"], machine_class(item["machine"]))


def figure(runs: Sequence[Entry]) -> Figure:
    """A panel for the headline and for each ratio of the last of `runs`, over all of them, the oldest first."""
    names = [_label(each) for each in history.measures(runs[-1])]
    data = pd.DataFrame(
        [
            {
                "run": number,
                "criterion": _label(each),
                "observed": float(each["value"]),
                "limit": float(each["limit"]["bound"]) if "limit" in each else None,
                "series": "observed",
                "finished": item["finished"],
                "verdict": item["verdict"],
            }
            for name in names
            for number, item in enumerate(runs, 1)
            for each in history.measures(item)
            if _label(each) == name
        ]
    ).astype({"limit": float})
    title = _title(runs)
    alternative = (
        f"{title}. A panel for the headline and for each ratio that decides: its value over {len(runs)} published runs "
        f"from {runs[0]['finished'][:10]} to {runs[-1]['finished'][:10]}, with its limit dashed."
    )
    x = alt.X("run:Q", title="published run, the oldest first").axis(tickMinStep=1, format="d")
    return Figure(title, alternative, panels(data, x, 60), data)


def _title(runs: Sequence[Entry]) -> str:
    found, earlier = history.spreads(runs[-1], runs[:-1]), len(runs) - 1
    if earlier < history.LEAST:
        return f"{len(found)} figures over {len(runs)} published runs: {history.LEAST} earlier ones make a spread"
    outside = sum(each.left for each in found)
    return f"{outside} of {len(found)} figures lie outside the spread of {earlier} earlier runs"


def _label(each: Entry) -> str:
    return each["name"] if "limit" in each else f"headline: {each['name']}"


def _table(runs: Sequence[Entry]) -> str:
    """A row for each run, the newest first; ratios with the share of the limit that they reach."""
    last = history.measures(runs[-1])
    head = ["finished", "verdict", "seconds", "parameters", *(_head(each) for each in last)]
    rows = [
        [
            item["finished"][:16].replace("T", " "),
            tables.badge(item["verdict"]),
            f"{item['duration_s']:.0f}",
            _parameters(item, runs[-1]),
            *_cells(item, last),
        ]
        for item in reversed(runs)
    ]
    return tables.table(head, rows, label="published runs")


def _parameters(item: Entry, last: Entry) -> str:
    return "as now" if item["params"] == last["params"] else "others"


def _head(each: Entry) -> str:
    return html.escape(each["name"]) if "limit" in each else f"headline: {html.escape(each['name'])}"


def _cells(item: Entry, last: Sequence[Entry]) -> Iterator[str]:
    own = {_label(each): each for each in history.measures(item)}
    return (_cell(own[_label(each)]) if _label(each) in own else "–" for each in last)


def _cell(each: Entry) -> str:
    value = html.escape(tables.quantity(each["value"], each["unit"]))
    if "limit" not in each:
        return value
    limit = each["limit"]
    return f"{value} <small>({tables.relation(limit['relation'])} {tables.quantity(limit['bound'])})</small>"


def text(slug: str) -> str:
    """All kept runs of `slug` for a terminal, by class of machine; EvidenceError if there is none."""
    known = history.classes(slug)
    if not known:
        raise EvidenceError(
            f"no earlier run of {slug} is kept. Keep the published one: lab history {slug} --append"
        )
    return "\n\n".join("\n".join(_class(name, history.kept(slug, name))) for name in known)


def _class(name: str, kept: Kept) -> Iterator[str]:
    yield from (f"could not be read: {path}" for path in kept.broken)
    if not kept.entries:
        return
    last = kept.entries[-1]
    yield f"{last['experiment']} on {machine_line(last['machine'])} (class {name})"
    for item in kept.entries:
        sign, head = tables.SIGNS[item["verdict"]], item["headline"]
        told = f"{head['name']} {tables.quantity(head['value'], head['unit'])}" if head else ""
        yield (
            f"{item['finished'][:16].replace('T', ' ')}  {item['run_id'][:8]}  {sign} {item['verdict']:12} "
            f"{item['duration_s']:5.0f} s  {_parameters(item, last):7} {told}"
        )
    if earlier := history.like(last, kept.entries):
        yield from _beside(last, earlier)


def _beside(last: Entry, earlier: Sequence[Entry]) -> Iterator[str]:
    """The last run's figures beside those of the earlier passes with its parameters."""
    yield f"the last one beside {tables.counted(len(earlier), 'earlier pass', 'earlier passes')} with its parameters:"
    for each in history.spreads(last, earlier):
        limit = each.limit
        bound = (
            f"limit {tables.relation(limit['relation'])} {tables.quantity(limit['bound'])}" if limit else ""
        )
        low, high = (tables.quantity(value) for value in (each.low, each.high))
        said = "  OUTSIDE the spread" if each.left else ""
        now = tables.quantity(each.value, each.unit)
        yield f"  {each.name:28} {now:24} {bound:14} earlier {low} to {high}{said}"
