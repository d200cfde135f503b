"""Pictures: what is mapped, asked and wrong, by kind of drift and by evidence; the table's history; how long a change locks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, log_x, log_y, panels
from lab.evidence.result import Result
from lab.experiments.etl_drift.judge.metrics import OUTCOMES, shares
from lab.experiments.etl_drift.judge.observations import REWRITES, medians
from lab.experiments.etl_drift.present.findings import Findings, findings, percent

_CHANGES = {
    "created": theme.GREY,
    "mapped": theme.BLUE,
    "added": theme.GREEN,
    "widened": theme.PURPLE,
    "scaled": theme.ORANGE,
    "gone": theme.VERMILION,
    "asked": theme.SKY,
}
_COLOURS = [theme.BLUE, theme.SKY, theme.VERMILION]
_WAYS = ("by values", "by exact name")


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "decided": _decided(found),
        "evidence": _evidence(found),
        "history": _history(found),
        "locks": _locks(found),
    }


def _decided(found: Findings) -> Figure:
    tables = [table[table["touched"]] for table in (found.census, found.names)]
    parts = [
        (way, kind, outcome, count)
        for way, table in zip(_WAYS, tables, strict=True)
        for kind, part in table.groupby("kind", sort=False)
        for outcome, count in part["outcome"].value_counts().items()
    ]
    data = pd.DataFrame(parts, columns=["way", "kind", "outcome", "columns"])
    kinds = list(dict.fromkeys(data["kind"]))

    def chart(width: int) -> Any:
        bars = (
            alt.Chart(data)
            .mark_bar()
            .encode(
                x=alt.X("columns:Q", stack="normalize", title="columns of the target").axis(format="%"),
                y=alt.Y("kind:N", sort=kinds, title=None),
                color=alt.Color("outcome:N", sort=list(OUTCOMES), title=None)
                .scale(domain=list(OUTCOMES), range=_COLOURS)
                .legend(columns=columns(width, 3, 3)),
                order=alt.Order("rank:Q"),
                row=panels("way", list(_WAYS)),
            )
            .transform_calculate(rank="indexof(['right', 'asked', 'wrong'], datum.outcome)")
        )
        return bars.properties(width=width, height=13 * len(kinds))

    wrong = [int((table["outcome"] == "wrong").sum()) for table in tables]
    told = "; ".join(
        f"{kind}: {percent(shares(part)['right'])} right, {percent(shares(part)['asked'])} asked"
        for kind, part in tables[0].groupby("kind", sort=False)
    )
    return Figure(
        f"Of {len(tables[0]):,} drifting columns {wrong[0]} are decided wrongly by values, {wrong[1]} by exact name",
        "Share of the columns that a drift concerns that were decided rightly, asked, or decided wrongly, by kind of drift, over "
        f"{found.cases} drifts; above by values, below by exact name. By values: {told}.",
        chart,
        data,
    )


def _evidence(found: Findings) -> Figure:
    table = found.treatment.tables["tried"]
    parts = [
        (
            int(str(shared)),
            1 - shares(part)["asked"],
            int((part["outcome"] == "wrong").sum()),
        )
        for shared, part in table[table["threshold"] == found.params.threshold].groupby("shared")
    ]
    data = pd.DataFrame(parts, columns=["shared rows", "automatic", "wrong"])
    data["label"] = [f"{wrong} wrong" if wrong else "" for wrong in data["wrong"]]

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=alt.X("shared rows:Q", title="rows that the source delivers again")
            .scale(domain=[0, int(data["shared rows"].max())], padding=24)
            .axis(values=list(data["shared rows"])),
            y=alt.Y("automatic:Q", title="columns decided without asking")
            .axis(format="%")
            .scale(domain=[0, 1]),
        )
        labels = base.mark_text(dy=-12, color="currentColor").encode(text="label:N")
        return (base.mark_line(point=True) + labels).properties(width=width, height=220)

    least, used = data.iloc[0], data[data["shared rows"] == found.params.shared]
    most = used.iloc[0] if len(used) else data.iloc[-1]
    return Figure(
        f"{most['shared rows']} shared rows let {percent(most['automatic'])} of columns be decided unasked, "
        f"{least['shared rows']} rows {percent(least['automatic'])}",
        f"Share of columns decided without asking against the number of shared rows, {found.cases_tried} drifts of all kinds, "
        f"threshold {found.params.threshold:g}; a point with wrong columns is labelled with their number. "
        + " ".join(f"{row[1]} rows: {percent(row[2])}, {row[3]} wrong." for row in data.itertuples()),
        chart,
        data.drop(columns="label"),
    )


def _history(found: Findings) -> Figure:
    """The migration log as a timeline: a mark for each change, by delivery and column."""
    log = found.treatment.tables["log"]
    order = list(found.steps["change"])
    data = log[log["change"].isin(_CHANGES)]
    # A question about a column of the source that has no counterpart in the table stands under the source's name.
    data = data.assign(column_name=data["column_name"].where(data["column_name"] != "", data["was"]))
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
        "The migration log: a mark for each change, by delivery and by column, coloured by what was done. "
        f"{counted}; columns asked about: {', '.join(sorted(set(data[data['change'] == 'asked']['column_name'])))}.",
        chart,
        data[["delivery", "column_name", "change", "was", "becomes"]],
    )


def _locks(found: Findings) -> Figure:
    """Time under lock by change and rows, with the model's line."""
    data = medians(found.treatment.tables["locks"])
    data["ms"] = 1e3 * data["seconds"]
    order = [REWRITES, *sorted(set(data["change"]) - {REWRITES})]
    ends = pd.Series(sorted(set(data["rows"])), dtype=float)
    line = pd.DataFrame(
        {"rows": ends, "ms": 1e3 * ends.map(found.checked.at), "line": "model, without the largest"}
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
