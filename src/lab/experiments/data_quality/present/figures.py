"""Six pictures of one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns
from lab.evidence.frames import records
from lab.evidence.result import Result
from lab.experiments.data_quality.judge.rates import FIXED, RELEARNED, RULES, SHUFFLED, TWO
from lab.experiments.data_quality.present.figures_rules import family, margins, precision
from lab.experiments.data_quality.present.findings import Findings, findings, percent

ARMS = (FIXED, RELEARNED)


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "detection": _detection(found),
        "drift": _drift(found),
        "margins": margins(found),
        "family": family(found),
        "precision": precision(found),
        "damage": _damage(found),
    }


def _detection(found: Findings) -> Figure:
    table = found.kinds(SHUFFLED)
    data = table.assign(rejected=1 - table["share"], rows=[f"{100 * size:g} %" for size in table["size"]])
    data = data[["kind", "rows", "size", "rejected", "batches"]]
    sizes = list(dict.fromkeys(data["rows"]))
    order = list(data[data["size"] == found.middle].sort_values("rejected", ascending=False)["kind"])
    seen = 1 - found.missed(SHUFFLED, "all", found.middle).value

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=alt.X("rows:O", sort=sizes, title="rows that the fault touches").axis(labelAngle=0),
            y=alt.Y("kind:N", sort=order, title=None),
        )
        shade = alt.Color("rejected:Q", title="share of batches rejected").scale(
            scheme="blues", domain=[0, 1]
        )
        cells = base.mark_rect().encode(color=shade.legend(format="%", gradientLength=150))
        dark = alt.condition("datum.rejected > 0.55", alt.value("white"), alt.value("black"))
        words = base.mark_text().encode(text=alt.Text("rejected:Q", format=".0%"), color=dark)
        return (cells + words).properties(width=width - (60 if width <= theme.NARROW else 0), height=300)

    return Figure(
        f"{percent(seen)} of batches with a fault in {100 * found.middle:g} % of rows are rejected",
        "Share of batches that the gate rejects, by kind of fault and share of rows touched, where nothing drifts. "
        + "; ".join(
            f"{kind}: " + ", ".join(f"{row.rows} {percent(row.rejected)}" for row in records(rows))
            for kind, rows in data.groupby("kind")
        )
        + ".",
        chart,
        data,
    )


def _drift(found: Findings) -> Figure:
    days = found.treatment.tables["days"]
    days = days.assign(month=days["day"].str[:7], rejected=RULES[TWO](days).astype(float))
    data = days.groupby(["arm", "month"], as_index=False).agg(
        rejected=("rejected", "mean"), days=("rejected", "size")
    )
    null, year = found.alarm(SHUFFLED).value, days["day"].iloc[0][:4]
    once, anew = (found.alarm(arm).value for arm in ARMS)

    def chart(width: int) -> Any:
        lines = alt.Chart(data).encode(
            x=alt.X("month:O", title=f"month of {year}").axis(
                labelAngle=0, labelExpr="slice(datum.label, 5)"
            ),
            y=alt.Y("rejected:Q", title="share of good days rejected").axis(format="%").scale(domain=[0, 1]),
            color=alt.Color("arm:N", sort=list(ARMS), title=None).legend(symbolType="stroke", columns=2),
        )
        level = alt.Chart(pd.DataFrame({"rejected": [null], "line": ["same rows shuffled"]}))
        rule = level.mark_rule(color=theme.GREY).encode(y="rejected:Q", strokeDash=_dashed())
        return (lines.mark_line(point=True) + rule).properties(width=width, height=260)

    return Figure(
        f"Learned once, the gate rejects {percent(once)} of good days; learned anew, {percent(anew)}",
        f"Share of good days rejected by month. Learned once from the first {found.params.train} days: "
        f"{percent(once)} over all; learned anew "
        f"every {found.params.every} days: {percent(anew)}; the same rows shuffled, so that nothing drifts: {percent(null)}.",
        chart,
        data,
    )


def _damage(found: Findings) -> Figure:
    parts = {"gate on": found.treatment, "gate off": found.controls["gate off"]}
    tables = [part.tables["deliveries"].assign(gate=name) for name, part in parts.items()]
    data = pd.concat(tables)[["gate", "kind", "batch", "violated", "in_mart", "report_error"]]
    data = data[data["kind"] != "good"].assign(percent=lambda table: 100 * table["report_error"].fillna(0.0))
    worst = data.groupby("gate")["percent"].max()

    def chart(width: int) -> Any:
        bars = alt.Chart(data).encode(
            y=alt.Y("kind:N", sort="-x", title=None),
            x=alt.X("percent:Q", title="largest error of the day's report, %")
            .scale(type="symlog", constant=0.1)
            .axis(values=[0, 1, 10, 100, 1000], format=",d"),
            yOffset=alt.YOffset("gate:N", sort=list(parts)),
            color=alt.Color("gate:N", sort=list(parts), title=None).legend(columns=columns(width, 2, 2)),
        )
        return bars.mark_bar().properties(width=width - (60 if width <= theme.NARROW else 0), height=300)

    return Figure(
        f"A report is up to {worst['gate off']:,.0f} % wrong without the gate, {worst['gate on']:,.0f} % with it",
        "Largest relative error among six figures of one day's report (flights, mean delay, miles, flights that "
        "did not leave, aircraft, "
        "routes), from the mart, by kind of fault, with the gate on and off; nothing loaded is no error. "
        + "; ".join(f"{row.kind}, {row.gate}: {row.percent:.3g} %" for row in data.itertuples())
        + ".",
        chart,
        data,
    )


def _dashed() -> Any:
    """A dashed line that the legend names."""
    return (
        alt.StrokeDash("line:N", title=None)
        .scale(range=[[5, 4]])
        .legend(symbolType="stroke", symbolStrokeColor=theme.GREY)
    )
