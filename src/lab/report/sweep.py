"""One page of several runs: a table of verdicts, and how the figures move with the swept parameter."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lab import paths
from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.evidence.record import Record
from lab.files import write_atomically
from lab.report import tables

_LINES = ["observed", "limit"]
Runs = Sequence[tuple[dict[str, Any], Record]]


def page(slug: str, runs: Runs, target: Path) -> Path:
    """Write the sweep's page to `target`; it needs nothing but itself."""
    style = (paths.PROJECT / "book" / "_static" / "lab.css").read_text()
    rows = [_row(point, record) for point, record in runs]
    head = [*map(html.escape, runs[0][0]), "verdict", "headline", "seconds", "why"]
    data = criteria_by_point(runs)
    body = tables.table(head, rows, label="runs") + (
        _figure(slug, data).html("sweep") if len(runs) > 1 else ""
    )
    return write_atomically(
        target,
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sweep of {slug}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>'
        f'<body class="lab-alone"><main><h1>Sweep of {slug}</h1>{body}</main></body></html>\n',
    )


def criteria_by_point(runs: Runs) -> pd.DataFrame:
    """One row per run and criterion with a number: the first parameter's value, criterion, observed, limit."""
    name = next(iter(runs[0][0]))
    return pd.DataFrame(
        [
            {
                name: point[name] if isinstance(point[name], (int, float)) else json.dumps(point[name]),
                "criterion": item["name"],
                "observed": float(item["observed"]),
                "limit": float(item["limit"]["bound"]),
                "outcome": item["outcome"],
            }
            for point, record in runs
            for item in record["criteria"]
            if item["observed"] is not None
        ]
    )


def _row(point: dict[str, Any], record: Record) -> list[str]:
    summary = record["summary"]
    headline = tables.quantity(summary["headline"]["value"], summary["headline"]["unit"]) if summary else "–"
    why = "" if record["verdict"] == "pass" else html.escape("; ".join(record["reasons"]))
    values = [html.escape(str(value)) for value in point.values()]
    return [*values, tables.badge(record["verdict"]), headline, f"{record['duration_s']:.0f}", why]


def _figure(slug: str, data: pd.DataFrame) -> Figure:
    name = data.columns[0]

    drawn = data.melt([name, "criterion"], ["observed", "limit"], var_name="line")

    def chart(width: int) -> Any:
        lines = alt.Chart(drawn).encode(
            x=_axis(data[name]),
            y=alt.Y("value:Q", title=None),
            color=alt.Color("line:N", title=None, sort=_LINES).scale(
                domain=_LINES, range=[theme.BLUE, theme.GREY]
            ),
            strokeDash=presets.dashes("line", _LINES, 2),
        )
        panel = lines.mark_line(point=True).properties(width=width, height=90)
        rows = presets.panels("criterion", list(dict.fromkeys(data["criterion"])))
        return panel.facet(row=rows).resolve_scale(y="independent")

    failed = int((data["outcome"] != "pass").sum())
    title = f"{len(data) - failed} of {len(data)} criteria hold over the sweep of {name}"
    alternative = (
        f"{title}. A panel for each criterion: observed value against {name}, with its limit dashed."
    )
    return Figure(title, alternative, chart, data)


def _axis(swept: pd.Series) -> alt.X:
    """Values in the order in which they were run; numbers on a scale, a logarithmic one where they span decades."""
    name = str(swept.name)
    if not pd.api.types.is_numeric_dtype(swept):
        return alt.X(f"{name}:N", title=name, sort=None).axis(labelAngle=0)
    if 0 < swept.min() < swept.max() / 30:
        return presets.log_x(name, name, swept)
    return alt.X(f"{name}:Q", title=name)
