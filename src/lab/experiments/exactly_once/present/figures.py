"""Four pictures of one run: what was lost and repeated, lag over time, recovery, the price of a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.evidence.frames import records
from lab.evidence.result import Result
from lab.experiments.exactly_once.measure.seen import APPENDED, SINK
from lab.experiments.exactly_once.present.findings import ARMS, LEAST, MOST, ONCE, Findings, findings, named

_COLOURS = {
    ONCE: theme.BLUE,
    LEAST: theme.ORANGE,
    MOST: theme.PURPLE,
    SINK: theme.GREEN,
    APPENDED: theme.VERMILION,
}


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "lost_repeated": _lost_repeated(found),
        "lag_over_time": _lag_over_time(found),
        "recovery": _recovery(found),
        "transaction_cost": _transaction_cost(found),
    }


def _lost_repeated(found: Findings) -> Figure:
    own = found.table("deliveries")
    own = (
        own[own["fault"] != "none"]
        .groupby(["arm", "fault"])[["new_lost", "new_duplicated"]]
        .sum()
        .reset_index()
    )
    data = own.melt(["arm", "fault"], ["new_lost", "new_duplicated"], var_name="what", value_name="messages")
    data["what"] = data["what"].map({"new_lost": "lost", "new_duplicated": "repeated"})
    data["fault"] = data["fault"].map(named)
    data = data.assign(messages=data["messages"].clip(lower=0))
    order = list(dict.fromkeys(data["fault"]))

    def chart(width: int) -> Any:
        bars = alt.Chart(data).encode(
            x=alt.X("messages:Q", title="messages").axis(tickMinStep=1, tickCount=6),
            y=alt.Y("arm:N", title=None, sort=list(ARMS)).axis(labelLimit=140),
            color=alt.Color("fault:N", title=None, sort=order)
            .scale(domain=order, range=theme.PALETTE[: len(order)])
            .legend(columns=presets.columns(width, 2, 1)),
        )
        panel = bars.mark_bar().properties(width=width - 60, height=110)
        return panel.facet(row=presets.panels("what", ["lost", "repeated"]))

    return Figure(
        f"Exactly once: {found.wrong} wrong; at least once repeats {found.repeated(LEAST):,}, at most once loses "
        f"{found.lost(MOST):,}",
        f"Messages lost and repeated by each mode under one schedule of {found.faults} faults, of {found.messages:,} sent, by "
        f"kind of fault; each loop met {found.met(ONCE)} of them, Spark {found.met(SINK)}. At least once lost "
        f"{found.lost(LEAST):,} and repeated {found.repeated(LEAST):,}; at most once lost {found.lost(MOST):,} and repeated "
        f"{found.repeated(MOST):,}; Spark's batches appended without their id repeated {found.repeated(APPENDED):,} rows. Both "
        f"exactly-once pipelines together: {found.wrong} lost, repeated or unknown.",
        chart,
        data,
    )


def _lag_over_time(found: Findings) -> Figure:
    data = found.table("lag")
    data = data[data["arm"] != APPENDED].reset_index(drop=True)
    faults = found.table("recovery").drop_duplicates("round").assign(what=lambda t: t["fault"].map(named))
    order = [arm for arm in ARMS if arm in set(data["arm"])]
    top = data.groupby("arm")["lag"].max()

    def chart(width: int) -> Any:
        y = alt.Y("lag:Q", title="messages").axis(tickCount=3)
        panels = []
        for arm in order:
            x = alt.X("seconds:Q", title="s since the first round began" if arm == order[-1] else None)
            lines = alt.Chart(data[data["arm"] == arm]).mark_line(color=_COLOURS[arm]).encode(x, y)
            rules = (
                alt.Chart(faults)
                .mark_rule(color=theme.GREY, strokeDash=[5, 3])
                .encode(x="at:Q", tooltip="what:N")
            )
            panels.append(
                (lines + rules).properties(width=width, height=70, title=alt.Title(arm, anchor="start"))
            )
        return alt.vconcat(*panels)

    told = "; ".join(f"{row.what} at {row.at:.0f} s" for row in records(faults))
    return Figure(
        f"Lag reaches {top.max():,} messages: {top.idxmax()}",
        f"Messages due and not yet visible to readers of committed data, a panel for each mode, dashed lines where a fault was "
        f"injected: {told}. Highest: " + ", ".join(f"{arm} {top[arm]:,}" for arm in order) + ".",
        chart,
        data,
    )


def _recovery(found: Findings) -> Figure:
    data = found.table("recovery").dropna(subset=["recovery"]).assign(fault=lambda t: t["fault"].map(named))
    data = data[["fault", "arm", "recovery", "proof"]].reset_index(drop=True)
    order = [arm for arm in ARMS if arm in set(data["arm"])]
    slowest = found.slowest

    def chart(width: int) -> Any:
        marks = alt.Chart(data).encode(
            x=alt.X("recovery:Q", title="from the fault to the next new message visible, s"),
            y=alt.Y("fault:N", title=None).axis(labelLimit=220 if width > theme.NARROW else 110),
            yOffset=alt.YOffset("arm:N", sort=order),
            color=alt.Color("arm:N", title=None, sort=order)
            .scale(domain=order, range=[_COLOURS[arm] for arm in order])
            .legend(columns=presets.columns(width, 2, 1)),
        )
        return marks.mark_point(size=90, opacity=0.85).properties(width=width - 100, height=200)

    told = "; ".join(f"{row.fault}, {row.arm}: {row.recovery:.1f} s" for row in records(data))
    return Figure(
        f"The longest recovery takes {slowest.recovery:.1f} s: {slowest.arm}, {named(slowest.fault)}",
        f"Time from each fault to the next new message that a reader of committed data can see. {told}.",
        chart,
        data,
    )


def _transaction_cost(found: Findings) -> Figure:
    data = found.table("cost")[["arm", "size", "low", "median", "high", "each"]]
    fit, small, large = found.fit, found.cost(ONCE).iloc[0], found.cost(ONCE).iloc[-1]
    sizes = sorted(data["size"].unique())
    curve = pd.DataFrame(
        [{"size": size, "each": fit.at(size) / size, "reference": "(c + m n) / n"} for size in sizes]
    )

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=presets.log_x("size", "messages in a batch, n", data["size"], format=",d"),
            y=presets.log_y("each", "time per message, ms", data["each"]),
            color=alt.Color("arm:N", title=None)
            .scale(domain=[ONCE, LEAST], range=[_COLOURS[ONCE], _COLOURS[LEAST]])
            .legend(columns=presets.columns(width, 2, 1)),
        )
        line = (
            alt.Chart(curve)
            .mark_line(color=theme.GREY)
            .encode(x="size:Q", y="each:Q", strokeDash=presets.reference(["(c + m n) / n"], 1))
        )
        return (line + base.mark_point(size=90)).properties(width=width, height=240)

    return Figure(
        f"A message costs {small['each'] / large['each']:.1f} times as much in transactions of {small['size']:,.0f}",
        f"Time per message against messages in a batch (lower quartile), on logarithmic axes. In transactions of "
        f"{small['size']:,.0f} a message takes {small['each']:.2g} ms, of {large['size']:,.0f} it takes "
        f"{large['each']:.2g} ms. The dashed line is the model: a commit's {fit.fixed:.1f} ms are shared by all messages of a "
        f"transaction.",
        chart,
        data,
    )
