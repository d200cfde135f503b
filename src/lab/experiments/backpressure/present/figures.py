"""Four pictures of one run: goodput over time, the hysteresis loop, how requests ended, fairness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.backpressure.present.findings import Findings, findings, seconds
from lab.experiments.backpressure.workload import BOTH, CLIENTS, NONE, SERVER

_COLOURS = {
    BOTH.name: theme.BLUE,
    SERVER.name: theme.GREEN,
    CLIENTS.name: theme.ORANGE,
    NONE.name: theme.VERMILION,
}
_LINES = {"offered": theme.GREY, "accepted": theme.SKY, "goodput": theme.BLUE}
_ENDS = {
    "in time": theme.BLUE,
    "quota": theme.ORANGE,
    "share": theme.SKY,
    "limit": theme.PURPLE,
    "client": theme.GREEN,
    "time-out": theme.VERMILION,
}


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "goodput": _goodput(found),
        "hysteresis": _hysteresis(found),
        "endings": _endings(found),
        "fairness": _fairness(found),
    }


def _goodput(found: Findings) -> Figure:
    wide = found.table("curves")
    data = wide.melt(["arm", "seconds"], list(_LINES), var_name="line", value_name="rate")
    params, most = found.params, float(found.both["capacity"])
    limit = pd.DataFrame({"rate": [most], "reference": ["sink's capacity"]})
    edges = pd.DataFrame({"seconds": [params.before_s, params.before_s + params.burst_s]})

    def chart(width: int) -> Any:
        x = alt.X("seconds:Q", title="seconds since the first request").scale(
            domain=[0, params.total_s], nice=False
        )
        y = alt.Y("rate:Q", title="events/s").axis(tickCount=4)
        colour = (
            alt.Color("line:N", title=None, sort=list(_LINES))
            .scale(domain=list(_LINES), range=list(_LINES.values()))
            .legend(columns=presets.columns(width, 3, 3))
        )

        def panel(name: str) -> Any:
            title = alt.TitleParams(name, anchor="start", fontSize=12)
            own = alt.Chart(data[data["arm"] == name], title=title).mark_line().encode(x, y, colour)
            rule = alt.Chart(limit).mark_rule(color=theme.GREY)
            rule = rule.encode(y, strokeDash=presets.reference(["sink's capacity"], 1))
            begin = alt.Chart(edges).mark_rule(color=theme.GREY, opacity=0.5).encode(x)
            return (begin + rule + own).properties(width=width, height=75)

        return alt.vconcat(*(panel(name) for name in found.names), spacing=6)

    after = f"{found.none['after']:.0%} of events are answered in time; the queue grows by {found.none['growth']:.0f} events/s"
    return Figure(
        f"Protected, goodput is {found.both['goodput'] / most:.0%} of capacity; unprotected, "
        f"{found.none['after']:.0%} of load afterwards",
        f"Offered load, accepted events and goodput over time, a panel for each arm; the burst lies between the two lines. "
        f"With server and clients protected goodput in the burst is {found.both['goodput']:.0f} of {most:.0f} events/s. "
        f"Unprotected, after the burst {after}.",
        chart,
        data,
    )


def _hysteresis(found: Findings) -> Figure:
    curves = found.table("curves")
    data = curves[curves["arm"].isin([BOTH.name, NONE.name])].copy()
    # Second by second: half of that is as jagged as an even load in small steps is.
    data["seconds"] = data["seconds"].astype(int)
    data = data.groupby(["arm", "seconds"], sort=False)[["offered", "goodput"]].mean().reset_index()

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            alt.X("offered:Q", title="offered by users, events/s"),
            alt.Y("goodput:Q", title="goodput, events/s"),
            alt.Order("seconds:Q"),
            alt.Color("arm:N", title=None)
            .scale(domain=[BOTH.name, NONE.name], range=[theme.BLUE, theme.VERMILION])
            .legend(columns=presets.columns(width, 2, 1)),
        )
        return (base.mark_line(opacity=0.6) + base.mark_point(size=50)).properties(width=width, height=220)

    return Figure(
        f"Back at {found.params.base:.0%} load, the unprotected arm answers {found.none['after']:.0%} in time",
        f"Goodput against offered load, second by second, joined in the order of time. The protected arm comes back the way it "
        f"went; the unprotected one ends at the load at which it began, with a goodput of {found.none['after']:.0%} of it "
        f"(protected: {found.both['after']:.0%}).",
        chart,
        data,
    )


def _endings(found: Findings) -> Figure:
    table = found.table("rejections").copy()
    table["ended"] = table["ended"].where(table["ended"].isin(list(_ENDS)), "time-out")
    data = table.groupby(["arm", "ended"])["events"].sum().reset_index()
    data["percent"] = 100 * data["events"] / data.groupby("arm")["events"].transform("sum")
    data["rank"] = data["ended"].map(list(_ENDS).index)

    def chart(width: int) -> Any:
        bars = (
            alt.Chart(data)
            .mark_bar()
            .encode(
                alt.X("percent:Q", title="events of the burst, %").scale(domain=[0, 100], nice=False),
                alt.Y("arm:N", title=None, sort=found.names),
                alt.Color("ended:N", title=None, sort=list(_ENDS))
                .scale(domain=list(_ENDS), range=list(_ENDS.values()))
                .legend(columns=presets.columns(width, 6, 3)),
                alt.Order("rank:Q"),
            )
        )
        return bars.properties(width=width, height=110)

    return Figure(
        f"Of the burst {found.both['refused']:.0%} is not served; {found.both['predicted']:.0%} can't be, whoever refuses",
        "How the events of the burst ended, by arm: in time; refused by the server for the client's quota, its share, or the "
        "limit; refused by the client's own throttle; or timed out. "
        + "; ".join(
            f"{row['arm']}: {row['ended']} {row['percent']:.0f} %"
            for row in data.to_dict("records")
            if row["percent"] >= 1
        )
        + ".",
        chart,
        data,
    )


def _fairness(found: Findings) -> Figure:
    table = found.table("clients")
    names = {"offered": theme.GREY, "fair": theme.SKY, "goodput": theme.BLUE}
    data = table.melt(["client"], list(names), var_name="what", value_name="rate")
    least = float((table["goodput"] / table["fair"]).min())
    greedy = table.iloc[0]

    def chart(width: int) -> Any:
        bars = (
            alt.Chart(data)
            .mark_bar()
            .encode(
                alt.X("rate:Q", title="events/s in the burst"),
                alt.Y("client:N", title=None),
                alt.YOffset("what:N", sort=list(names)),
                alt.Color("what:N", title=None, sort=list(names))
                .scale(domain=list(names), range=list(names.values()))
                .legend(columns=presets.columns(width, 3, 3)),
            )
        )
        return bars.properties(width=width, height=200)

    return Figure(
        f"The client that gets least has {least:.0%} of its max-min fair share",
        f"Offered load, max-min fair share and goodput of each client in the burst, protected. Client {greedy['client']} asks "
        f"for {greedy['offered']:.0f} events/s and gets {greedy['goodput']:.1f}; the time to recover is "
        f"{seconds(float(found.both['recover_s']))}.",
        chart,
        data,
    )
