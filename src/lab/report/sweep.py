"""Several runs of one experiment on a page: choose the parameters' values, see verdict, headline and leading figure."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lab import paths
from lab.charts import alt, drawing, presets
from lab.charts.figure import Figure
from lab.evidence import sources
from lab.evidence.record import Record
from lab.evidence.sweeps import Point, Sweep, slim
from lab.files import write_atomically
from lab.report import cells, tables
from lab.report.drawn import drawn
from lab.report.panels import panels
from lab.report.row import machine_line

STYLES = ("lab.css", "page.css")


def point(at: dict[str, Any], record: Record, notebook: Path) -> Point:
    """One run with the leading figure that its notebook shows."""
    written = json.loads(notebook.read_text())["cells"] if notebook.exists() else []
    name = record["summary"]["figure"] if record["summary"] else ""
    return Point(at, slim(record), cells.figure(written, name)[1])


def page(sweep: Sweep, target: Path) -> Path:
    """Write the sweep's page to `target`; it needs nothing but itself."""
    style = "".join((paths.PROJECT / "book" / "_static" / name).read_text() for name in STYLES)
    title = _title(sweep)
    return write_atomically(
        target,
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>'
        f'<body class="lab-alone"><main><h1>{title}</h1>{explorer(sweep)}</main></body></html>\n',
    )


def chapter(sweep: Sweep) -> str:
    """The sweep's page within the book, as Markdown. It stands in the folder `sweeps`."""
    back = f"Each is a whole run of [the experiment](../notebooks/{sweep.slug}.ipynb), with its controls."
    return f"# {_title(sweep)}\n\n{back}\n\n{tables.block(explorer(sweep), 'lab-sweep')}\n"


def _title(sweep: Sweep) -> str:
    return f"Sweep of {sweep.slug} over {' and '.join(sweep.names)}"


def explorer(sweep: Sweep) -> str:
    """A menu for each parameter, the runs of which one is shown at a time, a table of all, how the criteria move.

    The menus are hidden until the script runs: without it each run is a line that unfolds.
    """
    runs = "".join(_run(sweep, number, point) for number, point in enumerate(sweep.points))
    script = Path(__file__).with_name("explorer.js").read_text()
    menus = "".join(_menu(sweep, name) for name in sweep.names)
    return (
        f"<p>{_origin(sweep)}</p>"
        f'<form class="lab-explorer" aria-label="Values of the parameters" hidden>{menus}'
        f'<output aria-live="polite"></output></form>{runs}{_table(sweep)}{_overview(sweep)}'
        f"<script>{script}</script>"
    )


def _origin(sweep: Sweep) -> str:
    """Dates and machines of the runs, and whether they are those of the code as it is now."""
    records = [point.record for point in sweep.points]
    dates = sorted({record["finished"][:10] for record in records})
    machines = {machine_line(record["provenance"]["machine"]): None for record in records}
    now = all(
        record["provenance"]["source_hash"] == sources.digest(sweep.slug, record["params"])
        for record in records
    )
    said = f"Run on {' to '.join(dict.fromkeys((dates[0], dates[-1])))} on {'; '.join(machines)}."
    return html.escape(said if now else f"{said} The experiment's code has changed since.")


def _menu(sweep: Sweep, name: str) -> str:
    options = "".join(
        f'<option value="{number}">{html.escape(_value(value))}</option>'
        for number, value in enumerate(sweep.values(name))
    )
    return f'<label>{name} <select autocomplete="off">{options}</select></label>'


def _run(sweep: Sweep, number: int, point: Point) -> str:
    """One run behind a line: reasons, answer, figure."""
    place = " ".join(str(sweep.values(name).index(value)) for name, value in point.at.items())
    at = ", ".join(f"{name} {_value(value)}" for name, value in point.at.items())
    summary = point.record["summary"]
    answer = f'<p class="lab-answer">{tables.inline(summary["answer"])}</p>' if summary else ""
    return (
        f'<details class="lab-fold" data-point="{place}"><summary>{html.escape(at)}: '
        f"{tables.badge(point.record['verdict'])} {_headline(point.record)}</summary>"
        f"<p>{html.escape('; '.join(point.record['reasons']))}</p>{answer}"
        f"{drawing.with_own_ids(point.figure, f'point{number}')}</details>"
    )


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    return value if isinstance(value, str) else tables.quantity(value)


def _headline(record: Record) -> str:
    if not record["summary"]:
        return "–"
    headline = record["summary"]["headline"]
    return html.escape(tables.quantity(headline["value"], headline["unit"]))


def _table(sweep: Sweep) -> str:
    head = [*map(html.escape, sweep.names), "verdict", "headline", "seconds", "why"]
    return tables.table(head, [_row(point.at, point.record) for point in sweep.points], label="runs")


def _row(at: dict[str, Any], record: Record) -> list[str]:
    why = "" if record["verdict"] == "pass" else html.escape("; ".join(record["reasons"]))
    values = [html.escape(_value(value)) for value in at.values()]
    return [*values, tables.badge(record["verdict"]), _headline(record), f"{record['duration_s']:.0f}", why]


def _overview(sweep: Sweep) -> str:
    seen = [
        item for point in sweep.points for item in point.record["criteria"] if item["observed"] is not None
    ]
    if len(sweep.points) < 2 or not seen:
        return ""
    shows = json.dumps([[point.at, point.record["criteria"]] for point in sweep.points])
    return drawn(shows, lambda: figure(sweep).html("sweep"))


def figure(sweep: Sweep) -> Figure:
    """How the criteria move with the first parameter, a line for each combination of the others."""
    name, data = sweep.names[0], criteria(sweep.points)
    failed = int((data["outcome"] != "pass").sum())
    title = f"{len(data) - failed} of {len(data)} criteria hold over the sweep of {' and '.join(sweep.names)}"
    alternative = (
        f"{title}. A panel for each criterion: observed value against {name}, with its limit dashed."
    )
    return Figure(title, alternative, panels(data, _axis(data[name]), 90), data)


def criteria(points: Sequence[Point]) -> pd.DataFrame:
    """One row per run and criterion with a number: the first parameter's value, criterion, observed, limit, ..."""
    name, *others = points[0].at
    return pd.DataFrame(
        [
            {
                name: point.at[name] if isinstance(point.at[name], (int, float)) else _value(point.at[name]),
                "criterion": item["name"],
                "observed": float(item["observed"]),
                "limit": float(item["limit"]["bound"]),
                "series": ", ".join(f"{other} {_value(point.at[other])}" for other in others) or "observed",
                "outcome": item["outcome"],
            }
            for point in points
            for item in point.record["criteria"]
            if item["observed"] is not None
        ]
    )


def _axis(swept: pd.Series) -> alt.X:
    """Values in the order in which they were run; numbers on a scale, a logarithmic one where they span decades."""
    name = str(swept.name)
    if not pd.api.types.is_numeric_dtype(swept):
        return alt.X(f"{name}:N", title=name, sort=None).axis(labelAngle=0)
    if 0 < swept.min() < swept.max() / 30:
        return presets.log_x(name, name, swept)
    return alt.X(f"{name}:Q", title=name)
