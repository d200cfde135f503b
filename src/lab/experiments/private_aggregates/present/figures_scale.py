"""Two pictures of size: of a group, and of the table for which a bound is chosen."""

from __future__ import annotations

from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, log_x, log_y
from lab.experiments.private_aggregates.present.findings import Findings, percent


def bounds(found: Findings) -> Figure:
    """Error of the sum against the bound, for tables of three sizes."""
    tried, target = found.treatment.tables["tried"], found.params.target
    tried = tried[tried["advice"] == "bound on visits"]
    series = {factor: f"{found.people * factor:,.0f} people" for factor in sorted(tried["factor"].unique())}
    limit = f"{percent(target)}, our threshold"
    data = pd.DataFrame(
        {"table": tried["factor"].map(series), "bound": tried["value"], "percent": 100 * tried["p95"]}
    )
    line = pd.DataFrame({"table": limit, "bound": data["bound"].unique(), "percent": 100 * target})
    order = [*series.values(), limit]

    def chart(width: int) -> Any:
        drawn = alt.Chart(pd.concat([data, line])).encode(
            x=log_x("bound", "bound to which visits are clipped", data["bound"]).axis(
                values=sorted(set(data["bound"]))
            ),
            y=log_y("percent", "error, % of the sum, 95 % of releases", data["percent"]),
            color=alt.Color("table:N", sort=order, title=None).legend(columns=columns(width, 4, 1)),
            strokeDash=alt.StrokeDash("table:N", sort=order)
            .scale(domain=order, range=[[1, 0]] * len(series) + [[5, 4]])
            .legend(None),
        )
        points = drawn.transform_filter(alt.datum["table"] != limit).mark_point(size=55, filled=True)
        return (drawn.mark_line() + points).properties(width=width, height=260)

    return Figure(
        # `best` may be three words, where the run can't tell.
        f"The best bound grows with the table: {found.tried('bound on visits').best} visits with "
        f"{found.people:,.0f} people",
        "95th percentile of the sum's relative error against the bound on visits, for tables of "
        + "; ".join(
            f"{name} (" + ", ".join(f"{row.bound:g}: {row.percent:.2g} %" for row in part.itertuples()) + ")"
            for name, part in data.groupby("table", sort=False)
        )
        + f". Low bounds cost bias, high ones noise. A dashed line marks {limit}.",
        chart,
        data,
    )


def group_sizes(found: Findings) -> Figure:
    """95th percentile of a group's relative error against the group's size."""
    groups, target = found.treatment.tables["groups"], found.params.target
    data = groups.assign(percent=100 * groups["relative"], theory=100 * groups["theory"])
    data = data[["group", "rows", "p95", "percent", "theory"]].sort_values("rows")
    usable = data[data["rows"] >= found.smallest_group]
    names = ["measured", "theory", f"{percent(target)}, our threshold", "key threshold"]
    colors = alt.Color("mark:N", title=None).scale(
        domain=names, range=[theme.BLUE, theme.GREY, theme.VERMILION, theme.SKY]
    )

    def chart(width: int) -> Any:
        color = colors.legend(columns=columns(width, 4, 2))
        base = alt.Chart(data).encode(x=log_x("rows", "rows of the group", data["rows"]), color=color)
        axis = log_y("percent", "error, % of the count, 95 % of releases", data["percent"])
        points = base.transform_calculate(mark="'measured'").mark_point(size=60).encode(y=axis)
        line = base.transform_calculate(mark="'theory'").mark_line().encode(y="theory:Q")
        across = alt.Chart(pd.DataFrame({"percent": [100 * target], "mark": names[2:3]}))
        down = alt.Chart(pd.DataFrame({"rows": [found.value("key_threshold")], "mark": names[3:]}))
        rules = across.mark_rule().encode(y="percent:Q", color=color) + down.mark_rule().encode(
            x="rows:Q", color=color
        )
        return (line + points + rules).properties(width=width, height=260)

    return Figure(
        f"A group needs {found.smallest_group:,.0f} rows to stay within our threshold",
        f"95th percentile of the relative error of {len(data)} groups by stays in hospital against their size, on "
        f"logarithmic axes. It falls in step with size, from {data['percent'].iloc[0]:,.0f} % at "
        f"{data['rows'].iloc[0]:,.0f} row to {data['percent'].iloc[-1]:.2g} % at {data['rows'].iloc[-1]:,.0f}; the line is "
        f"theory. {len(usable)} groups are within {percent(target)}. Keys that are not known beforehand appear from a noisy "
        f"count of {found.value('key_threshold'):,.0f} on.",
        chart,
        data,
    )
