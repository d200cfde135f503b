"""Pictures of the loads: the table's history, what a re-run leaves, how long a change locks."""

from __future__ import annotations

from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, log_x, log_y
from lab.experiments.etl_drift.criteria import INSERT, POSITION
from lab.experiments.etl_drift.judge.model import REWRITES, medians
from lab.experiments.etl_drift.present.findings import Findings

_CHANGES = {
    "created": theme.GREY,
    "mapped": theme.BLUE,
    "added": theme.GREEN,
    "widened": theme.PURPLE,
    "scaled": theme.ORANGE,
    "gone": theme.VERMILION,
    "asked": theme.SKY,
}


def history(found: Findings) -> Figure:
    """The migration log as a timeline: a mark for each change, by delivery and column."""
    log = found.treatment.tables["log"]
    order = list(found.steps["change"])
    data = log[log["change"].isin(_CHANGES) & (log["column_name"] != "")]
    shown = [change for change in _CHANGES if change in set(data["change"])]
    names = list(dict.fromkeys(data["column_name"]))

    def chart(width: int) -> Any:
        marks = (
            alt.Chart(data[["delivery", "column_name", "change", "was", "becomes"]])
            .mark_point(size=70, opacity=0.9)
            .encode(
                x=alt.X("delivery:N", sort=order, title="delivery").scale(domain=order).axis(labelAngle=-90),
                y=alt.Y("column_name:N", sort=names, title=None),
                color=alt.Color("change:N", sort=shown, title=None)
                .scale(domain=shown, range=[_CHANGES[name] for name in shown])
                .legend(columns=columns(width, 7, 3)),
                xOffset=alt.XOffset("change:N", sort=shown),
                tooltip=["delivery", "column_name", "change", "was", "becomes"],
            )
        )
        return marks.properties(width=width, height=15 * len(names))

    changes = data[~data["change"].isin(["created", "asked"])]
    asked = int((found.steps["first"] == "held").sum())
    counted = ", ".join(f"{count} {change}" for change, count in changes["change"].value_counts().items())
    return Figure(
        f"{len(changes)} changes in {len(order)} deliveries; {asked} deliveries waited for a person",
        "The migration log: a mark for each change, by delivery and by column of the table, coloured by what was done. "
        f"{counted}; columns asked about: {', '.join(sorted(set(data[data['change'] == 'asked']['column_name'])))}.",
        chart,
        data[["delivery", "column_name", "change", "was", "becomes"]],
    )


def rerun(found: Findings) -> Figure:
    """Rows that are wrong after the deliveries, and after each again, by way to load."""
    data = pd.DataFrame(
        [
            ("this loader", "after all deliveries", found.seen("no_data_lost")),
            ("this loader", "after each again", found.seen("rerun_changes_nothing")),
            (POSITION, "after all deliveries", found.lost_by_position),
            (INSERT, "after each again", found.doubled),
        ],
        columns=["loader", "when", "rows"],
    )
    order = list(dict.fromkeys(data["loader"]))

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=alt.X("rows:Q", title="rows that differ from what was sent").scale(
                domain=[0, 1.15 * data["rows"].max()]
            ),
            y=alt.Y("loader:N", sort=order, title=None),
            yOffset="when:N",
        )
        bars = base.mark_bar().encode(
            color=alt.Color("when:N", title=None).scale(range=[theme.BLUE, theme.ORANGE])
        )
        labels = base.mark_text(dx=6, align="left", color="currentColor").encode(
            text=alt.Text("rows:Q", format=",d")
        )
        return (bars + labels).properties(width=width, height=120)

    return Figure(
        f"By position {found.lost_by_position:,} rows differ, by plain INSERT {found.doubled:,} after a re-run; here 0",
        "Rows that differ from a replay of the deliveries outside of the database, by way to load. "
        + " ".join(f"{row.loader}, {row.when}: {row.rows:,.0f}." for row in data.itertuples()),
        chart,
        data,
    )


def locks(found: Findings) -> Figure:
    """Time under lock by change and rows, with the model's line."""
    data = medians(found.treatment.tables["locks"])
    data["ms"] = 1e3 * data["seconds"]
    order = [REWRITES, *sorted(set(data["change"]) - {REWRITES})]
    ends = pd.Series(sorted(set(data["rows"])), dtype=float)
    line = pd.DataFrame(
        {"rows": ends, "ms": 1e3 * ends.map(found.law.at), "line": "model, without the largest"}
    )

    def chart(width: int) -> Any:
        x = log_x("rows", "rows of the table", data["rows"], ",d")
        y = log_y("ms", "locked, ms", data["ms"])
        dashed = (
            alt.StrokeDash("line:N", title=None)
            .scale(range=[[5, 4]])
            .legend(symbolType="stroke", symbolSize=300)
        )
        drawn = alt.Chart(line).mark_line(color=theme.GREY).encode(x=x, y=y, strokeDash=dashed)
        points = (
            alt.Chart(data)
            .mark_point(size=70)
            .encode(
                x=x,
                y=y,
                color=alt.Color("change:N", sort=order, title=None)
                .scale(domain=order, range=[theme.VERMILION, theme.BLUE, theme.GREEN])
                .legend(columns=columns(width, 3, 1)),
            )
        )
        return (drawn + points).properties(width=width, height=220)

    rewritten, added = (found.lock_ms(change, found.largest) for change in (REWRITES, "add a column"))
    return Figure(
        f"A change of type locks {found.largest:,} rows for {rewritten:.0f} ms, a new column {added:.1f} ms",
        "Time from a change of the table to its commit against the table's rows, both logarithmic, medians of the rounds, and "
        f"the model's dashed line. {found.treatment.observed['lock_predicted'].detail}.",
        chart,
        data[["change", "rows", "ms"]],
    )
