"""Five pictures of one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, log_x, log_y
from lab.evidence.result import Result
from lab.experiments.lineage.judge.influences import rows_told
from lab.experiments.lineage.judge.query_time import by_size
from lab.experiments.lineage.present.graph_figure import graph


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    return {
        "readers": _readers(treatment),
        "graph": graph(treatment),
        "influences": _influences(treatment),
        "coverage": _coverage(treatment, controls),
        "query_time": _query_time(treatment),
    }


def _readers(treatment: Result) -> Figure:
    table = treatment.tables["readers"]
    parts = [
        table[["reader", f"{what}", f"{what}_low", f"{what}_high"]]
        .set_axis(["reader", "share", "low", "high"], axis=1)
        .assign(measure=what)
        for what in ("precision", "recall")
    ]
    data = pd.concat(parts, ignore_index=True)
    for name in ("share", "low", "high"):
        data[name] = 100 * data[name]
    coarse = table[table["reader"] == "table-level"].iloc[0]

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            y=alt.Y("reader:N", title=None, sort=list(table["reader"])),
            yOffset=alt.YOffset("measure:N"),
            color=alt.Color("measure:N", title=None),
        )
        axis = alt.X("share:Q", title="share of direct sources, %").scale(domain=[0, 100])
        points = base.mark_point(size=70).encode(x=axis, shape=alt.Shape("measure:N").legend(None))
        spans = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q")
        return (spans + points).properties(width=width - 60, height=170)

    return Figure(
        f"Of what table-level lineage tells, {100 * coarse['precision']:.0f} % is true",
        f"Precision and recall of direct sources over {table['statements'].iloc[0]:,} generated statements, with 95 % intervals "
        "over statements, for each reader: "
        + "; ".join(f"{row.reader} {row.precision:.1%} and {row.recall:.1%}" for row in table.itertuples())
        + ".",
        chart,
        data,
    )


def _influences(treatment: Result) -> Figure:
    told = treatment.tables["influences"]
    states = ["direct, seen", "indirect, seen", "told, not seen"]
    state = told["kind"].str.lower().where(told["seen"], "told, not seen")
    told = told.assign(state=state.replace({"direct": states[0], "indirect": states[1]}))
    data = (
        told.groupby(["mart", "column", "state"], as_index=False).size().rename(columns={"size": "sources"})
    )
    data["name"] = data["mart"].str.removeprefix("mart.") + "." + data["column"]
    seen, found = (treatment.metric(name).value for name in ("influences_seen", "influences_found"))
    rows = rows_told(found, told)  # of which no bar is drawn

    def chart(width: int) -> Any:
        return (
            alt.Chart(data)
            .mark_bar()
            .encode(
                y=alt.Y("name:N", title=None).axis(labelLimit=200),
                x=alt.X("sources:Q", title="raw columns upstream").axis(tickMinStep=1, format="d"),
                color=alt.Color("state:N", title=None, sort=states)
                .scale(domain=states, range=[theme.BLUE, theme.SKY, theme.GREY])
                .legend(columns=columns(width, 3, 1)),
                order=alt.Order("rank:Q"),
            )
            .transform_calculate(rank=f"indexof({states!r}, datum.state)")
            .properties(width=width - 90, height=15 * data["name"].nunique())
        )

    return Figure(
        f"Of {seen:,.0f} influences seen, lineage tells {found:,.0f}: {found - rows:,.0f} of columns, {rows:,} of rows",
        f"For each of {data['name'].nunique()} mart columns, the raw columns that lineage puts upstream of it: direct and "
        f"indirect ones whose change was seen in the data, and those whose change was not. {seen:,.0f} influences were seen "
        f"in all, of which lineage tells {found:,.0f}; the bars leave out {rows:,} of a table's rows. Not seen is unconfirmed, "
        "not wrong.",
        chart,
        data,
    )


def _coverage(treatment: Result, controls: Mapping[str, Result]) -> Figure:
    arms = {"every task tells": treatment, "one task is silent": controls["a task that sends nothing"]}
    data = pd.concat(
        [each.tables["coverage"].assign(arm=name) for name, each in arms.items()], ignore_index=True
    )
    silent = data[data["arm"] == "one task is silent"].set_index("what")
    assets, events = silent.loc["assets, of the catalog"], silent.loc["assets, of those in events"]
    covered = f"{assets['covered']:.0f} of {assets['total']:.0f}"

    def chart(width: int) -> Any:
        return (
            alt.Chart(data)
            .mark_bar()
            .encode(
                y=alt.Y("what:N", title=None).axis(labelLimit=200),
                yOffset=alt.YOffset("arm:N", sort=list(arms)),
                x=alt.X("percent:Q", title="covered, %").scale(domain=[0, 100]),
                color=alt.Color("arm:N", title=None, sort=list(arms)).scale(domain=list(arms)),
            )
            .properties(width=width - 100, height=130)
        )

    return Figure(
        f"With one silent task {covered} assets are covered; events say {events['percent']:.0f} %",
        "Share of assets and of columns with lineage, where every task sends events and where one does not. "
        + "; ".join(f"{row.arm}, {row.what}: {row.covered} of {row.total}" for row in data.itertuples())
        + ".",
        chart,
        data,
    )


def _query_time(treatment: Result) -> Figure:
    rows = by_size(treatment.tables["scaling"])
    ways = {"recursive_s": "recursive query", "closure_s": "closure table"}
    data = rows.melt(["columns", "found"], list(ways), "way", "seconds").replace({"way": ways})
    data["ms"] = 1e3 * data["seconds"]
    last = rows.iloc[-1]

    def chart(width: int) -> Any:
        return (
            alt.Chart(data[["found", "columns", "way", "ms"]])
            .mark_line(point=True)
            .encode(
                x=log_x("found", "columns upstream (median of the queries)", data["found"], ",d"),
                y=log_y("ms", "upstream query, ms (median)", data["ms"]),
                color=alt.Color("way:N", title=None, sort=list(ways.values())),
                strokeDash=alt.StrokeDash("way:N", sort=list(ways.values())).legend(None),
            )
            .properties(width=width, height=240)
        )

    return Figure(
        f"A closure table answers {last['recursive_s'] / last['closure_s']:.1f} times as fast in the largest graph",
        "Median time of an upstream query against the number of columns it finds, on logarithmic axes, by recursion and from "
        "a closure table: "
        + "; ".join(
            f"{row['columns']:,.0f} columns, {row['found']:,.0f} found: {1e3 * row['recursive_s']:.2g} and "
            f"{1e3 * row['closure_s']:.2g} ms"
            for _, row in rows.iterrows()
        )
        + ".",
        chart,
        data,
    )
