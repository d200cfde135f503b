"""Six pictures of one run: what is absorbed, what that does to a feature, when it is stable, state, the guard, the year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.late_features.criteria import TARGET
from lab.experiments.late_features.present.findings import Findings, findings

_COLOURS = [theme.ORANGE, theme.SKY, theme.BLUE, theme.GREEN, theme.PURPLE, theme.VERMILION]
SEEN, SAID, DELAYS = "seen", "said before, by Spark's rule", "F(d), delays alone"
LARGER = "seen, four times the batch"


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "absorbed": _absorbed(found),
        "bias": _bias(found),
        "stability": _stability(found),
        "state": _state(found),
        "guard": _guard(found),
        "year": _year(found),
    }


def _absorbed(found: Findings) -> Figure:
    named = {"share": SEEN, "predicted": SAID, "within": DELAYS}
    data = found.sweep.melt("minutes", list(named), var_name="line", value_name="part")
    data["line"] = data["line"].map(named)
    larger = {"minutes": found.coarse.minutes, "line": LARGER, "part": found.coarse.share}
    data = pd.concat([data, pd.DataFrame([larger])], ignore_index=True)
    first = found.rows[0]

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            _minutes("minutes", "watermark, minutes", data["minutes"].tolist()),
            alt.Y("part:Q", title="share of the events").scale(zero=False).axis(format="%"),
            alt.Color("line:N", title=None)
            .scale(
                domain=[SEEN, LARGER, SAID, DELAYS],
                range=[theme.VERMILION, theme.ORANGE, theme.BLUE, theme.GREY],
            )
            .legend(columns=presets.columns(width, 2, 1)),
        )
        lines = base.transform_filter(alt.FieldOneOfPredicate(field="line", oneOf=[SAID, DELAYS])).mark_line(
            point=True
        )
        seen = base.transform_filter(alt.FieldOneOfPredicate(field="line", oneOf=[SEEN, LARGER])).mark_point(
            size=120, filled=False
        )
        return (lines + seen).properties(width=width, height=260)

    return Figure(
        f"A watermark of {first.minutes} min takes {first.share:.0%}, where delays alone say {first.within:.0%}",
        "Share of the events in their features against the watermark: seen, said before by Spark's rule, and the share of "
        "delays that are shorter. "
        + "; ".join(f"{row.minutes} min: {row.share:.1%} seen, F {row.within:.1%}" for row in found.rows)
        + f". With four times the events in a batch {found.coarse.minutes} min take {found.coarse.share:.1%}.",
        chart,
        data,
    )


def _bias(found: Findings) -> Figure:
    own, kinds = found.own, {"dropped_share": "events dropped", "missed": "mean delay too low by"}
    data = found.sweep.assign(dropped_share=1 - found.sweep["share"], missed=-found.sweep["error"])
    data = data.melt("minutes", list(kinds), var_name="what", value_name="part")
    data["what"] = data["what"].map(kinds)
    data["watermark"] = data["minutes"].map("{} min".format)

    def chart(width: int) -> Any:
        bars = (
            alt.Chart(data)
            .mark_bar()
            .encode(
                alt.X("part:Q", title="share of the events, share of the mean").axis(format="%"),
                alt.Y("what:N", title=None, sort=list(kinds.values())).axis(None),
                alt.Color("what:N", title=None)
                .scale(domain=list(kinds.values()), range=[theme.SKY, theme.VERMILION])
                .legend(columns=presets.columns(width, 2, 1)),
            )
        )
        panel = bars.properties(width=width, height=34)
        return panel.facet(row=presets.panels("watermark", list(dict.fromkeys(data["watermark"]))))

    return Figure(
        f"Dropping {1 - own.share:.1%} of the events makes the mean delay {-own.error:.0%} too low",
        "Share of the events dropped, and by how much the mean delay over all features is too low, for each watermark: "
        + "; ".join(f"{row.minutes} min {1 - row.share:.1%} and {-row.error:.0%}" for row in found.rows)
        + ".",
        chart,
        data,
    )


def _stability(found: Findings) -> Figure:
    data, own = found.table("stability"), found.own
    names = list(dict.fromkeys(data["watermark"]))

    def chart(width: int) -> Any:
        lines = (
            alt.Chart(data)
            .mark_line(interpolate="step-after")
            .encode(
                alt.X("minutes:Q", title="minutes after the window's end").scale(nice=False),
                alt.Y("share:Q", title="features at their final, full value")
                .scale(zero=False)
                .axis(format="%"),
                _by_watermark(names, width),
            )
        )
        return lines.properties(width=width, height=240)

    return Figure(
        f"{1 - own.wrong / own.features:.0%} of the features end at their full value with {own.minutes} min",
        "Share of the features that have reached the value over all flights and change no more, against the time since "
        "their window's end. In the end: "
        + "; ".join(f"{row.minutes} min {1 - row.wrong / row.features:.0%}" for row in found.rows)
        + ".",
        chart,
        data,
    )


def _state(found: Findings) -> Figure:
    data = found.sweep[["minutes", "rows"]].assign(kind="seen")
    longest = found.rows[-1]
    drawn = pd.DataFrame(
        [
            {
                "minutes": row.minutes,
                "rows": found.state.at(row.minutes),
                "kind": "line through all but the longest",
            }
            for row in found.rows
        ]
    )
    both = pd.concat([data, drawn], ignore_index=True)

    def chart(width: int) -> Any:
        base = alt.Chart(both).encode(
            alt.X("minutes:Q", title="watermark, minutes"),
            alt.Y("rows:Q", title="rows of state, mean"),
            alt.Color("kind:N", title=None)
            .scale(domain=["seen", "line through all but the longest"], range=[theme.VERMILION, theme.BLUE])
            .legend(columns=presets.columns(width, 2, 1)),
        )
        line = base.transform_filter("datum.kind != 'seen'").mark_line()
        return (line + base.transform_filter("datum.kind == 'seen'").mark_point(size=110)).properties(
            width=width, height=220
        )

    return Figure(
        f"State grows by {60 * found.state.each:.0f} rows for each hour of watermark",
        f"Mean rows of state against the watermark, with the line through all but the longest one: at {longest.minutes} min it "
        f"says {found.state.at(longest.minutes):.0f} rows, {longest.rows:.0f} were seen.",
        chart,
        both,
    )


def _guard(found: Findings) -> Figure:
    data, lost = found.table("poison"), found.treatment.metric("lost_without_guard").value
    names = ["with the guard", "without"]

    def chart(width: int) -> Any:
        lines = (
            alt.Chart(data)
            .mark_line()
            .encode(
                alt.X("sent:Q", title="flights sent"),
                alt.Y("counted:Q", title="flights in their features"),
                alt.Color("job:N", title=None)
                .scale(domain=names, range=[theme.BLUE, theme.VERMILION])
                .legend(columns=2, symbolType="stroke"),
            )
        )
        return lines.properties(width=width, height=220)

    return Figure(
        f"One event from the future costs the job without a guard {lost:,.0f} others",
        f"Flights in their features against flights sent, with and without the guard. Without it the line stays level soon after "
        f"one event stamped {found.params.poison_days} days ahead: {lost:,.0f} flights that would have counted are dropped.",
        chart,
        data,
    )


def _year(found: Findings) -> Figure:
    days = found.table("days")
    reach = found.value("days_reaching")

    def chart(width: int) -> Any:
        bars = (
            alt.Chart(days)
            .mark_bar(color=theme.BLUE)
            .encode(
                alt.X(
                    "share:Q", title="share of a day's events in their features", bin=alt.Bin(step=0.02)
                ).axis(format=".0%"),
                alt.Y("count():Q", title="days of the year"),
            )
        )
        return bars.properties(width=width, height=200)

    return Figure(
        f"{found.params.watermark_minutes} min reach {TARGET:.0%} on {reach:.0%} of the days of the year",
        f"Histogram of the share that a watermark of {found.params.watermark_minutes} min would take, by Spark's rule, for each "
        f"day of 2013: from {days['share'].min():.0%} to {days['share'].max():.0%}, median {days['share'].median():.1%}.",
        chart,
        days,
    )


def _minutes(field: str, title: str, values: Sequence[float]) -> alt.X:
    """A linear axis with a tick at each value that was tried."""
    return alt.X(f"{field}:Q", title=title).axis(values=sorted(set(values)))


def _by_watermark(names: list[str], width: int) -> alt.Color:
    return (
        alt.Color("watermark:N", title="watermark")
        .scale(domain=names, range=_COLOURS[: len(names)])
        .legend(columns=presets.columns(width, 4, 2), symbolType="stroke")
    )
