"""Four pictures of one run: the sink's load, the search of the safe one, the drain, and live rows meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.backlog_replay.present.findings import FREE, Findings, findings

_ORDER = (FREE, "fixed", "ramp", "aimd")
_SAFE, _ASKED = "safe capacity", "asked of the sink in each 100 ms"
_COLOURS = [theme.VERMILION, theme.BLUE, theme.GREEN, theme.PURPLE]


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {"load": _load(found), "search": _search(found), "drain": _drain(found), "live": _live(found)}


def _load(found: Findings) -> Figure:
    asked = found.load[["policy", "s", "rate"]].assign(line=_ASKED)
    ends = found.load.groupby("policy")["s"].agg(["min", "max"]).reset_index().melt("policy", value_name="s")
    safe = ends[["policy", "s"]].assign(rate=found.safe, line=_SAFE)
    data = pd.concat([asked, safe], ignore_index=True).sort_values(["policy", "line", "s"], ignore_index=True)
    free = found.of(FREE)

    def chart(width: int) -> Any:
        lines = alt.Chart(data).encode(
            alt.X("s:Q", title="seconds since the replay began"),
            alt.Y("rate:Q", title="rows/s"),
            alt.Color("line:N", title=None).scale(
                domain=[_ASKED, _SAFE], range=[theme.BLUE, theme.VERMILION]
            ),
        )
        return (
            lines.mark_line().properties(width=width, height=50).facet(row=presets.panels("policy", _ORDER))
        )

    worst = found.arms.loc[["fixed", "ramp"], "peak_share"].max()
    return Figure(
        f"Unthrottled peaks at {free.peak_share:.0%} of safe capacity, AIMD {found.of('aimd').peak_share:.0%}, "
        f"fixed and ramp {worst:.0%}",
        f"Rows that the sink was asked to take in each 100 ms, replay and live traffic together, a panel for each policy, "
        f"against the safe capacity of {found.safe:,.0f} rows/s. Largest: "
        + ", ".join(f"{name} {found.of(name).peak_share:.0%}" for name in _ORDER)
        + " of it.",
        chart,
        data,
    )


def _search(found: Findings) -> Figure:
    names = {"measured": "seen", "simulated": "queueing simulation"}
    told = found.loads.melt(["share", "rate"], list(names), var_name="how", value_name="seconds")
    data = told.drop_duplicates()  # what is simulated is the same for each try
    data = data.assign(how=data["how"].map(names), ms=1e3 * data["seconds"], load=data["share"]).dropna()
    alert = pd.DataFrame(
        {
            "load": [data["load"].min(), data["load"].max()],
            "ms": found.params.alert_ms,
            "how": "alert threshold",
        }
    )
    data = pd.concat([data[["load", "ms", "how"]], alert], ignore_index=True)
    worse = data.groupby(["how", "load"], as_index=False)["ms"].max()

    def chart(width: int) -> Any:
        encoding = (
            alt.X("load:Q", title="load, of what the saturated sink takes")
            .axis(format="%")
            .scale(zero=False),
            presets.log_y("ms", "99th percentile of live rows, ms", data["ms"]),
            alt.Color("how:N", title=None)
            .scale(
                domain=[*names.values(), "alert threshold"], range=[theme.BLUE, theme.GREEN, theme.VERMILION]
            )
            .legend(columns=presets.columns(width, 3, 2)),
        )
        lines = alt.Chart(worse).mark_line().encode(*encoding)
        return (lines + alt.Chart(data).mark_point(size=60).encode(*encoding)).properties(
            width=width, height=240
        )

    return Figure(
        f"Of the loads tried, live rows keep their alert up to {found.safe_share:.0%} of saturation"
        if found.some_safe
        else f"At none of {found.loads['share'].nunique()} loads do live rows keep their alert in each try",
        f"99th percentile of the live rows' time to the sink in each try of {found.loads['share'].nunique()} loads, the line "
        f"through the worse ones, and by a queueing simulation of one lane, against the alert threshold of "
        f"{found.params.alert_ms:g} ms. The largest of which each try keeps it is the safe capacity, {found.safe:,.0f} rows/s.",
        chart,
        data,
    )


def _drain(found: Findings) -> Figure:
    seen = found.load[["policy", "s", "left"]]
    data = seen.rename(columns={"left": "rows"}).reset_index(drop=True)
    guarded = found.arms.loc[found.guarded]

    def chart(width: int) -> Any:
        lines = alt.Chart(data).encode(
            alt.X("s:Q", title="seconds since the replay began"),
            alt.Y("rows:Q", title="rows of the backlog that are left"),
            alt.Color("policy:N", title=None)
            .scale(domain=list(_ORDER), range=_COLOURS)
            .legend(columns=presets.columns(width, 4, 2)),
        )
        return lines.mark_line().properties(width=width, height=240)

    return Figure(
        f"Each throttled replay ends within {found.off.max():.1%} of when its rate says",
        "Rows of the backlog that are left over time, a line for each policy. "
        + ", ".join(
            f"{name} {row.drain_s:.1f} s of {row.predicted_s:.1f} s predicted"
            for name, row in guarded.iterrows()
        )
        + f"; {FREE} {found.of(FREE).drain_s:.1f} s.",
        chart,
        data,
    )


def _live(found: Findings) -> Figure:
    data = found.waits.assign(ms=1e3 * found.waits["p99"])[["policy", "due", "ms"]]
    alert = [
        {"policy": "alert threshold", "due": due, "ms": found.params.alert_ms}
        for due in (data["due"].min(), data["due"].max())
    ]
    data = pd.concat([data, pd.DataFrame(alert)], ignore_index=True)
    free, worst = found.of(FREE), found.arms.loc[found.guarded, "p99_ms"].max()

    def chart(width: int) -> Any:
        lines = alt.Chart(data).encode(
            alt.X("due:Q", title="seconds since the replay began"),
            presets.log_y("ms", "99th percentile of each half second, ms", data["ms"]),
            alt.Color("policy:N", title=None)
            .scale(domain=[*_ORDER, "alert threshold"], range=[*_COLOURS, theme.GREY])
            .legend(columns=presets.columns(width, 5, 2)),
        )
        return lines.mark_line(point={"size": 20}).properties(width=width, height=240)

    return Figure(
        f"99 % of live rows wait at most {free.p99_ms:,.0f} ms unthrottled, {worst:,.0f} ms throttled",
        f"99th percentile of the live rows' time from due to absorbed, for each half second in which they were due, a line for "
        f"each policy, against the alert threshold of {found.params.alert_ms:g} ms.",
        chart,
        data,
    )
