"""Pictures of the live pipelines: what happened when, and the dashboard as it was."""

from __future__ import annotations

from typing import Any

import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.experiments.observability.present.findings import Findings, within
from lab.experiments.observability.workload.faults import CASES

_EVENTS = {
    "alert_s": "alert",
    "start_s": "runbook starts",
    "done_s": "runbook ends",
    "resolved_s": "resolved",
}
_COLOURS = dict(zip((case.pipeline for case in CASES), theme.PALETTE, strict=False))
BURNING = "Worst burn of an error budget in the long window"
_PANELS = {  # of the dashboard, those that the page shows
    "Rows processed per second": "rows processed per second",
    "Rows rejected, share of processed": "share of rows rejected",
    "Latency, 95th percentile": "latency, 95th percentile, s",
    BURNING: "burn of the error budget, long window",
}


def live(found: Findings) -> Figure:
    table = found.table("live")
    table["row"] = table["pipeline"] + ", " + table["alert"]
    table["until"] = table["resolved_s"].fillna(table["watched_s"])
    data = table.melt(["row"], list(_EVENTS), var_name="event", value_name="seconds").dropna()
    data["event"] = data["event"].map(_EVENTS)
    own, alone, names = found.attended, found.alone, list(_EVENTS.values())
    looks = {"color": theme.PALETTE[:4], "shape": ["triangle-up", "circle", "square", "diamond"]}

    def chart(width: int) -> Any:
        title = "seconds from the fault"
        y = alt.Y("row:N", title=None, sort=table["row"].tolist()).axis(labelLimit=180)
        band = alt.Chart(table[["row", "alert_s", "until"]]).mark_bar(
            height=14, color=theme.GREY, opacity=0.3
        )
        band = band.encode(alt.X("alert_s:Q", title=title), alt.X2("until:Q"), y)
        legend = alt.Legend(columns=presets.columns(width, 4, 2))
        colour = alt.Color("event:N", title=None).scale(domain=names, range=looks["color"]).legend(legend)
        shape = alt.Shape("event:N", title=None).scale(domain=names, range=looks["shape"]).legend(legend)
        marks = alt.Chart(data).mark_point(size=90).encode(alt.X("seconds:Q", title=title), y, colour, shape)
        return (band + marks).properties(width=width if width > theme.NARROW else width - 60, height=130)

    return Figure(
        f"Alerts came within {within(own['alert_s'])} s and were resolved within {within(own['resolved_s'])} s",
        "When each live fault was alerted on, when the runbook's commands began and ended, and when it was over; grey while it "
        f"fires. On {alone['pipeline']} nobody acts: the alert fires to the end, {alone['watched_s']:.0f} s after the fault.",
        chart,
        data,
    )


def dashboard(found: Findings) -> Figure:
    series = found.table("series")
    data = series[series["panel"].isin(_PANELS)].round({"seconds": 1})
    end, worst = float(data["seconds"].max()), within(data[data["panel"] == BURNING]["value"], 0)
    begins = pd.DataFrame({"seconds": [end - float(found.table("live")["watched_s"].max())]})

    def panel(name: str, width: int) -> Any:
        x = alt.X("seconds:Q", title="seconds").scale(domain=[0, end], nice=False)
        colour = alt.Color("pipeline:N", title=None).scale(
            domain=list(_COLOURS), range=list(_COLOURS.values())
        )
        colour = colour.legend(columns=presets.columns(width, 5, 2))
        title = alt.TitleParams(_PANELS[name], anchor="start", fontSize=12)
        lines = alt.Chart(data[data["panel"] == name], title=title).mark_line(
            interpolate="step-after", strokeWidth=1.5
        )
        lines = lines.encode(x, alt.Y("value:Q", title=None).axis(tickCount=3), colour)
        rule = alt.Chart(begins).mark_rule(color=theme.GREY, strokeDash=[4, 3]).encode(x)
        return (lines + rule).properties(width=width, height=70)

    return Figure(
        f"The dashboard in this run: budgets burn up to {worst} times too fast",
        "Four panels of the dashboard as Prometheus answers them, a line for each pipeline; faults begin at the dashed line.",
        lambda width: alt.vconcat(*(panel(name, width) for name in _PANELS), spacing=6),
        data,
    )
