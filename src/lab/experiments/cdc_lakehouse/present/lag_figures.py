"""Pictures of time: lag, and the log that the source keeps for its reader."""

from __future__ import annotations

from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.evidence.frames import records
from lab.experiments.cdc_lakehouse.present.findings import Findings

_FLOOR = "half the interval: no median is below"
_PREDICTED = "predicted from before"
_FAULTS = {
    "spark_batch": "Spark killed in a batch",
    "spark_commit": "Spark killed after a commit",
    "connect": "Connect killed",
}


def lag_over_time(found: Findings) -> Figure:
    lags = found.table("lags").sort_values("seconds")
    data = lags.iloc[:: max(1, len(lags) // 500)][["seconds", "lag", "xid"]]
    kills = found.table("faults").assign(what=lambda t: t["fault"].map(_FAULTS))

    def chart(width: int) -> Any:
        points = (
            alt.Chart(data)
            .mark_point(size=14, color=theme.BLUE)
            .encode(
                x=alt.X("seconds:Q", title="commit at the source, s since the load began"),
                y=alt.Y("lag:Q", title="lag until visible, s"),
            )
        )
        rules = alt.Chart(kills).mark_rule(color=theme.VERMILION, strokeDash=[5, 3]).encode(x="at:Q")
        layers = points + rules
        for row, (_, kill) in enumerate(
            kills.iterrows()
        ):  # one below the other: two kills come close together
            name = kill["what"] if width > 400 else kill["what"].split()[0]  # on a phone the words don't fit
            layers += (
                alt.Chart(pd.DataFrame([{"at": kill["at"], "what": name}]))
                .mark_text(align="right", dx=-4, baseline="top", color=theme.VERMILION)
                .encode(x="at:Q", y=alt.value(4 + 15 * row), text="what:N")
            )
        return layers.properties(width=width, height=260)

    calm, broken = found.shortest, found.treatment.observed["nothing_lost"]
    lost = f"lose: {broken.detail}" if broken.value else "lose nothing"
    recovery = ", ".join(
        f"{_FAULTS[row.fault]}: at work again after {row.back - row.at:.1f} s" for row in records(kills)
    )
    return Figure(
        f"Kills raise the lag to {found.worst_lag:.1f} s, and lose nothing"
        if not broken.value
        else f"Kills raise the lag to {found.worst_lag:.1f} s, and something is lost",
        f"Lag of each transaction against the moment of its commit: saw teeth, as high as the time between commits plus "
        f"the time of a batch, and higher teeth where a process was killed. At {calm.interval:g} s the median is "
        f"{calm.p50:.1f} s. {recovery}; the kills {lost}.",
        chart,
        data,
    )


def lag_distribution(found: Findings) -> Figure:
    table, lags, batches = found.table("intervals"), found.table("lags"), found.table("batches")
    rows = []
    for row in records(table):
        ids = batches[(batches["interval"] == row.interval) & batches["calm"]]["id"]
        own = lags[lags["snapshot"].isin(ids)]["lag"]
        rows += [
            {"interval": f"{row.interval:g} s", "lag": own.quantile(share / 100), "share": share}
            for share in range(1, 101)
        ]
    data = pd.DataFrame(rows)
    floors = pd.DataFrame(
        {"interval": f"{row.interval:g} s", "floor": row.interval / 2, "share": 50, "mark": _FLOOR}
        for row in records(table)
    )
    order = list(floors["interval"])

    def chart(width: int) -> Any:
        colour = alt.Color("interval:N", sort=order, title="commit interval")
        lines = (
            alt.Chart(data)
            .mark_line()
            .encode(
                x=alt.X("lag:Q", title="lag from commit to visible, s").scale(zero=True).axis(tickCount=6),
                y=alt.Y("share:Q", title="transactions within it, %"),
                color=colour,
            )
        )
        marks = (
            alt.Chart(floors)
            .mark_point(size=110)
            .encode(
                x="floor:Q",
                y="share:Q",
                color=colour,
                shape=alt.Shape("mark:N", title=None).scale(range=["diamond"]).legend(orient="bottom"),
            )
        )
        return (lines + marks).properties(width=width, height=260)

    told = "; ".join(
        f"{row.interval:g} s: median {row.p50:.1f} s, 95th percentile {row.p95:.1f} s, floor {row.interval / 2:g} s"
        for row in records(table)
    )
    first, last = found.shortest, found.longest
    return Figure(
        f"The longer commit interval has {last.p50 / first.p50:.1f} times the median lag",
        f"Cumulative distribution of lag by commit interval, without faults; a diamond marks half the interval, below which no "
        f"median can be. {told}.",
        chart,
        data,
    )


def log_retained(found: Findings) -> Figure:
    """Log that the source can't drop, over time."""
    log = found.table("log")
    kinds = {"retained": "kept for the slot", "unconfirmed": "not confirmed by its reader"}
    data = (
        log[log["seconds"] >= 0]
        .melt(["seconds"], list(kinds), var_name="kind", value_name="bytes")
        .assign(megabytes=lambda t: t["bytes"] / 1e6, kind=lambda t: t["kind"].map(kinds))
        .drop(columns="bytes")
    )
    outage = found.outage
    order = [*kinds.values(), *([_PREDICTED] if outage else [])]

    def chart(width: int) -> Any:
        lines = (
            alt.Chart(data)
            .mark_line(interpolate="step-after")
            .encode(
                x=alt.X("seconds:Q", title="s since the load began"),
                y=alt.Y("megabytes:Q", title="write-ahead log, MB"),
                color=alt.Color("kind:N", sort=order, title=None)
                .scale(domain=order, range=[theme.BLUE, theme.ORANGE, theme.GREEN][: len(order)])
                .legend(columns=2 if width > 400 else 1),
            )
        )
        if outage is None:
            return lines.properties(width=width, height=240)
        ends = [
            {"seconds": outage.at, "megabytes": outage.before / 1e6},
            {"seconds": outage.until, "megabytes": (outage.before + outage.predicted) / 1e6},
        ]
        predicted = (
            alt.Chart(pd.DataFrame(ends).assign(kind=_PREDICTED))
            .mark_line(strokeDash=[5, 3], point={"filled": True})
            .encode(x="seconds:Q", y="megabytes:Q", color="kind:N")
        )
        return (lines + predicted).properties(width=width, height=240)

    if outage is None:
        return Figure(
            f"Without an outage the slot kept up to {found.log_behind / 1e6:.1f} MB of log",
            "Write-ahead log from the slot's restart position, which the source can't drop, and what its reader has not "
            "confirmed.",
            chart,
            data,
        )
    second, reload = found.log_of
    return Figure(
        f"While Connect was dead the source kept {outage.kept / 1e6:.1f} MB of log more",
        f"In {outage.until - outage.at:.1f} s with {outage.reloads} reloads; predicted are {outage.predicted / 1e6:.1f} MB. "
        f"Write-ahead log from the slot's restart position, which the source can't drop, and what its reader has "
        f"not confirmed. Without an outage the slot keeps up to {found.log_behind / 1e6:.1f} MB, since its "
        f"restart position moves in steps. Both rise while Connect is dead. The dashed line ends where they should be by "
        f"what was written before any fault: {second / 1e6:.2f} MB in a second, and {reload / 1e6:.2f} MB by a TRUNCATE "
        "with its reload, which is a step.",
        chart,
        data,
    )
