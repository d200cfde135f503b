"""Four pictures: lookups that differ against the delay, joins on time, latency, and what lookups say while Redis is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns
from lab.evidence.result import Result
from lab.experiments.feature_store.criteria import EVENT_TIME, LIMIT, NO_TIME
from lab.experiments.feature_store.judge import law
from lab.experiments.feature_store.present.findings import Findings, findings, percent
from lab.experiments.feature_store.workload.joins import FEAST_BOTH, FEAST_ONE, OURS, WINDOW

_LAW, _LIMIT = "1 − exp(−λ D), mean over lookups", "1 %, the acceptance criterion"
_ORDER = (OURS.name, WINDOW.name, FEAST_BOTH, EVENT_TIME, FEAST_ONE, NO_TIME)


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The page's figures by name."""
    found = findings(treatment, controls)
    made = {"mismatch": mismatch(found), "joins": joins(found), "latency": latency(found)}
    return made | ({"outage": outage(found)} if "outage" in treatment.tables else {})


def mismatch(found: Findings) -> Figure:
    """Measured shares with their intervals, on the law's line."""
    points = found.arms.assign(
        **{name: 100 * found.arms[name] for name in ("measured", "low", "high", "predicted")}
    )
    ends = np.linspace(0, 1.05 * float(points["delay_s"].max()), 40)
    line = pd.DataFrame(
        {"delay_s": ends, "measured": [100 * law.predicted(found.params, end) for end in ends]}
    )
    line["reference"] = _LAW
    limit = pd.DataFrame(
        {"delay_s": [0.0, float(ends[-1])], "measured": [100 * LIMIT] * 2, "reference": _LIMIT}
    )
    drawn = pd.concat([line, limit], ignore_index=True)

    def chart(width: int) -> Any:
        x = alt.X("delay_s:Q", title="mean delay D from known to online, s")
        y = alt.Y("measured:Q", title="lookups that differ, %")
        dash = alt.StrokeDash("reference:N", title=None, sort=[_LAW, _LIMIT])
        dash = dash.scale(domain=[_LAW, _LIMIT], range=[[5, 3], [2, 2]])
        dash = dash.legend(symbolType="stroke", symbolSize=300, symbolStrokeColor=theme.GREY, columns=1)
        lines = alt.Chart(drawn).mark_line(color=theme.GREY).encode(x=x, y=y, strokeDash=dash)
        bars = (
            alt.Chart(points).mark_rule(color=theme.BLUE, strokeWidth=2).encode(x=x, y="low:Q", y2="high:Q")
        )
        dots = alt.Chart(points).mark_point(color=theme.BLUE, size=70).encode(x=x, y=y)
        return (lines + bars + dots).properties(width=width, height=260)

    live, last = points.iloc[0], points.iloc[-1]
    said = " ".join(
        f"D {row.delay_s:.3f} s: {row.measured:.2f} % measured ({row.low:.2f} to {row.high:.2f}), "
        f"{row.predicted:.2f} % predicted."
        for row in points.itertuples()
    )
    return Figure(
        f"Lookups differ: {last['measured']:.1f} % at {last['delay_s']:.1f} s (predicted {last['predicted']:.1f} %), "
        f"live {live['measured']:.2f} % ({live['predicted']:.2f} %)",
        f"Share of online lookups that differ from what was known at their moment, against the mean delay. {said}",
        chart,
        points,
    )


def joins(found: Findings) -> Figure:
    """Rows that each way to join gets wrong, and its time."""
    table = found.treatment.tables["joins"].set_index("join").loc[list(_ORDER)].reset_index()
    wrong = pd.DataFrame(
        {
            "join": table["join"],
            "what": "rows that are wrong, %",
            "value": 100 * table["wrong"] / table["rows"],
        }
    )
    took = pd.DataFrame({"join": table["join"], "what": "time, s", "value": table["seconds"]})
    data = pd.concat([wrong, took], ignore_index=True)

    def chart(width: int) -> Any:
        def panel(part: pd.DataFrame, color: str) -> Any:
            bars = (
                alt.Chart(part)
                .mark_bar(color=color)
                .encode(
                    x=alt.X("value:Q", title=str(part["what"].iloc[0])),
                    y=alt.Y("join:N", sort=list(_ORDER), title=None).axis(labelLimit=230),
                )
            )
            return bars.properties(width=width if width > theme.NARROW else width - 60, height=130)

        first, second = panel(wrong, theme.VERMILION), panel(took, theme.BLUE)
        return alt.vconcat(first, second)

    shares = wrong.set_index("join")["value"]
    return Figure(
        f"On event time alone {shares[EVENT_TIME]:.0f} % of the rows are wrong, without time {shares[NO_TIME]:.0f} %",
        "Of each way to join entities with times: rows that differ from what had happened and was known, and the time of the "
        "join. "
        + " ".join(
            f"{row.join}: {row.wrong:,} of {row.rows:,}, {row.seconds:.2f} s." for row in table.itertuples()
        ),
        chart,
        data,
    )


def latency(found: Findings) -> Figure:
    """Percentiles of both kinds of lookups."""
    data = found.treatment.tables["latency"].copy()
    data["percentile"] = "p" + data["percentile"].astype(str)
    data["kind"] = data["kind"].map({"single": "one entity", "batch": "100 entities"})
    order, kinds = list(dict.fromkeys(data["percentile"])), list(dict.fromkeys(data["kind"]))

    def chart(width: int) -> Any:
        bars = (
            alt.Chart(data)
            .mark_bar()
            .encode(
                x=alt.X("percentile:N", sort=order, title="percentile of the lookups").axis(labelAngle=0),
                xOffset=alt.XOffset("kind:N", sort=kinds),
                y=alt.Y("ms:Q", title="from due to answered, ms"),
                color=alt.Color("kind:N", sort=kinds, title=None)
                .scale(domain=kinds, range=[theme.BLUE, theme.SKY])
                .legend(columns=columns(width, 2, 1)),
            )
        )
        return bars.properties(width=width, height=200)

    params = found.params
    return Figure(
        f"p99 is {found.value('p99', 'single'):.0f} ms for one entity, {found.value('p99', 'batch'):.0f} ms for 100",
        f"Time from when a lookup was due until it was answered, with {params.lookups:g} single lookups/s, "
        f"{params.batches:g} of 100 entities/s (so few that their p99 is about the slowest) and {params.rate:g} updates/s. "
        + " ".join(f"{row.kind} {row.percentile}: {row.ms:.1f} ms." for row in data.itertuples()),
        chart,
        data,
    )


def outage(found: Findings) -> Figure:
    """What each probe was told."""
    data = found.treatment.tables["outage"].copy()
    kinds = ["features", "refused (503)", "“nothing known”", "no answer"]
    data["answer"] = np.select(
        [data["empty"], data["status"] == 200, data["status"] == 503],
        [kinds[2], kinds[0], kinds[1]],
        kinds[3],
    )
    back = found.value("back_s")
    marks = pd.DataFrame({"seconds": [0.0, back], "reference": ["Redis killed", "refilled"]})

    def chart(width: int) -> Any:
        x = alt.X("seconds:Q", title="since Redis was killed, s")
        y = alt.Y("answer:N", sort=kinds, title=None).scale(domain=kinds)
        rules = alt.Chart(marks).mark_rule(color=theme.GREY, strokeWidth=2)
        rules = rules.encode(
            x=x,
            strokeDash=alt.StrokeDash("reference:N", title=None, sort=["Redis killed", "refilled"])
            .scale(domain=["Redis killed", "refilled"], range=[[5, 3], [2, 2]])
            .legend(symbolType="stroke", symbolSize=300, symbolStrokeColor=theme.GREY, columns=2),
        )
        ticks = alt.Chart(data).mark_tick(color=theme.BLUE, thickness=1.5).encode(x=x, y=y)
        return (rules + ticks).properties(width=width if width > theme.NARROW else width - 50, height=130)

    counts = data["answer"].value_counts()
    return Figure(
        f"Back {back:.1f} s after the kill; {int(counts.get(kinds[2], 0))} answers say that nothing is known",
        "What lookups of entities with features were told around the kill of Redis, a tick each. "
        + ", ".join(f"{kind}: {int(counts.get(kind, 0))}" for kind in kinds)
        + f". Refilled after {back:.2f} s; {percent(counts.get(kinds[1], 0) / len(data))} refused in words.",
        chart,
        data[["seconds", "status", "answer"]],
    )
