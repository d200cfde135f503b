"""Six pictures of one run: partition counts, strategies, latency, lag over time, the spread of keys, catching up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.kafka_lag.criteria import GROWTH_LIMIT
from lab.experiments.kafka_lag.mechanism import placement
from lab.experiments.kafka_lag.params import by_the_mean
from lab.experiments.kafka_lag.present.findings import CONTROL, Findings, even, findings, listed, rows
from lab.experiments.kafka_lag.workload.variants import LARGER, shares

_COLOURS = [theme.BLUE, theme.GREEN, theme.PURPLE, theme.SKY, theme.ORANGE]
_PERCENTILES = {"p50_ms": "50th", "p95_ms": "95th", "p99_ms": "99th"}
_SEEN = ("seen: keeps up", "seen: falls behind")


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "partition_counts": _partition_counts(found),
        "throughput_lag": _throughput_lag(found),
        "latency": _latency(found),
        "lag_over_time": _lag_over_time(found),
        "spread": _spread(found),
        "catch_up": _catch_up(found),
    }


def _partition_counts(found: Findings) -> Figure:
    tried = found.sweep[found.sweep["cost_ms"] == found.params.wait_ms]
    workers = float((tried["offered"] / tried["worker_rate"]).median())
    counts = range(3, max(24, *found.params.counts) + 1)
    drawn = {
        "skewed keys, by placement()": [_fullest(found.params.zipf, count) * workers for count in counts],
        "even keys, by placement()": [_fullest(0, count) * workers for count in counts],
        "mean over all partitions": [workers / count for count in counts],
        "what one worker can do": [1.0 for _ in counts],
    }
    curves = pd.DataFrame(drawn, index=pd.Index(counts, name="partitions"))
    curves = curves.melt(ignore_index=False, var_name="line", value_name="load").reset_index()
    points = tried.assign(seen=[_SEEN[int(late > GROWTH_LIMIT)] for late in tried["growth"]])
    data = pd.concat([curves, points[["partitions", "load", "growth", "keys", "seen"]]], ignore_index=True)
    mean = found.by_mean

    def chart(width: int) -> Any:
        x = alt.X("partitions:Q", title="partitions").scale(zero=False)
        y = alt.Y("load:Q", title="fullest partition's load, of one worker").axis(format="%")
        columns = presets.columns(width, 2, 1)
        lines = alt.Chart(data).transform_filter("isValid(datum.line)")
        lines = lines.mark_line(point={"size": 12}).encode(
            x,
            y,
            alt.Color("line:N", title=None)
            .scale(domain=list(drawn), range=[theme.BLUE, theme.GREEN, theme.SKY, theme.GREY])
            .legend(columns=columns),
        )
        marks = alt.Chart(data).transform_filter("isValid(datum.seen)").mark_point(size=110, filled=True)
        marks = marks.encode(
            x,
            y,
            alt.Shape("seen:N", title=None)
            .scale(domain=list(_SEEN), range=["circle", "cross"])
            .legend(columns=columns),
            color=alt.value(theme.VERMILION),
        )
        return (lines + marks).properties(width=width, height=300)

    return Figure(
        f"At {mean.partitions} partitions, enough by the mean, the fullest needs {mean.load:.1f} workers",
        f"Load of the fullest partition's worker against the number of partitions. By the mean {mean.partitions} partitions "
        f"suffice; skewed keys load the fullest up and down with each number, and {listed(found.behind) or 'none'} of those "
        f"tried fall behind.",
        chart,
        data,
    )


def _fullest(zipf: float, partitions: int) -> float:
    return placement(shares(zipf), partitions).share


def _throughput_lag(found: Findings) -> Figure:
    data = found.levels[["strategy", "offered", "achieved", "lag_mean", "lag_max"]]
    best, hot = found.best, found.hot

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=presets.log_x("achieved", "throughput, messages/s", data["achieved"]),
            y=presets.log_y("lag_mean", "mean lag, messages", data["lag_mean"]),
            color=_by_strategy(found, width),
        )
        marks = base.mark_line() + base.mark_point(size=60)
        return marks.properties(width=width, height=260)

    return Figure(
        f"An unsalted hot key has {hot.lag_mean / best.lag_mean:,.0f} times the lag of {best.strategy}",
        f"Mean lag against throughput on logarithmic axes. Every strategy of the treatment grows about in step with the "
        f"rate, up to {found.at_top['lag_mean'].max():,.0f} messages; the control leaves them at the highest level with "
        f"{hot.lag_mean:,.0f}.",
        chart,
        data,
    )


def _latency(found: Findings) -> Figure:
    data = found.levels.melt(
        ["strategy", "offered"], list(_PERCENTILES), var_name="percentile", value_name="milliseconds"
    )
    data["percentile"] = data["percentile"].map(_PERCENTILES)
    data["level"] = data["offered"].map("{:,} messages/s".format)

    def chart(width: int) -> Any:
        marks = alt.Chart(data).encode(
            x=presets.log_x(
                "milliseconds", "latency from intended send to processed, ms", data["milliseconds"]
            ),
            y=alt.Y("percentile:O", title="percentile", sort=["50th", "95th", "99th"]),
            color=_by_strategy(found, width),
        )
        panel = marks.mark_point(size=80, opacity=0.85).properties(width=width, height=80)
        names = [f"{level:,} messages/s" for level in sorted(found.levels["offered"].unique())]
        return panel.facet(row=presets.panels("level", names))

    return Figure(
        f"Behind an unsalted hot key the 99th percentile is {found.hot.p99_ms / found.treatment_p99:,.0f} times as long",
        f"50th, 95th and 99th percentile of latency, a panel for each rate. At the highest the 99th percentile is at most "
        f"{found.treatment_p99:,.0f} ms in the treatment and {found.hot.p99_ms:,.0f} ms in the control.",
        chart,
        data,
    )


def _lag_over_time(found: Findings) -> Figure:
    samples = found.lag[(found.lag["offered"] == found.params.rate) & (found.lag["seconds"] >= 0)]
    known = [*found.params.strategies, CONTROL]
    data = samples[samples["strategy"].isin(known)].reset_index(drop=True)
    growth = float(found.hot.growth)

    def chart(width: int) -> Any:
        lines = alt.Chart(data).encode(
            x=alt.X("seconds:Q", title="seconds since the first message"),
            y=alt.Y("lag:Q", title="lag, messages"),
            color=alt.Color("partition:N", title="partition").legend(columns=6, symbolType="stroke"),
        )
        panel = lines.mark_line().properties(width=width, height=80)
        names = list(dict.fromkeys(data["strategy"]))
        return panel.facet(row=presets.panels("strategy", names)).resolve_scale(y="independent")

    return Figure(
        f"Behind the hot key one partition's lag grows by {growth:,.0f} messages a second",
        f"Lag of each partition over time at {found.params.rate:,} messages/s, a panel for each strategy, each with its own "
        f"vertical axis. In the control one partition's lag climbs to "
        f"{data.loc[data['strategy'] == CONTROL, 'lag'].max():,.0f} messages and drains after the sending ends.",
        chart,
        data,
    )


def _spread(found: Findings, kept: Sequence[int] = (1_000, 10_000)) -> Figure:
    planned = int(found.larger.iloc[0].partitions)
    marked = [planned, by_the_mean(10 * LARGER * found.params.workers)]
    counts = sorted({*np.geomspace(2, 1_000, 60).astype(int).tolist(), *marked})
    spread = [(keys, count, even(count, keys)) for keys in kept for count in counts]
    data = pd.DataFrame(
        [
            {"keys": f"{keys:,} keys", "partitions": count, "times": placed.times_fair, "empty": placed.empty}
            for keys, count, placed in spread
        ]
    )
    far = even(marked[1])

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            presets.log_x("partitions", "partitions", data["partitions"], format=",d"),
            alt.Y("times:Q", title="fullest partition, times its fair share").scale(domainMin=1),
            alt.Color("keys:N", title=f"equally frequent; dots: {marked[0]}, {marked[1]}")
            .scale(range=[theme.BLUE, theme.ORANGE])
            .legend(titleLimit=0),
        )
        marks = base.transform_filter(alt.FieldOneOfPredicate("partitions", marked)).mark_point(size=90)
        return (base.mark_line() + marks).properties(width=width, height=240)

    return Figure(
        f"At {marked[1]} partitions the fullest gets {far.times_fair:.1f} times its share of even keys",
        f"The fullest partition's share over a fair share, against the number of partitions, for keys that are equally "
        f"frequent. With 1,000 keys it is {even(marked[0]).times_fair:.1f} times at {marked[0]} partitions and "
        f"{far.times_fair:.1f} times at {marked[1]} (dots), where {far.empty} partitions get no key.",
        chart,
        data,
    )


def _catch_up(found: Findings) -> Figure:
    names = {row.partition: f"{row.load:.0%} load" for row in rows(found.outage)}
    data = found.delay.assign(load=found.delay["partition"].map(names))
    caught = rows(found.outage.dropna())

    def chart(width: int) -> Any:
        lines = alt.Chart(data).encode(
            alt.X("seconds:Q", title="seconds since the first message"),
            alt.Y("late_s:Q", title="processed late by, s"),
            alt.Color("load:N", title="partition at").scale(domain=list(names.values()), range=_COLOURS[:3]),
        )
        return lines.mark_line().properties(width=width, height=220)

    return Figure(
        f"At {caught[-1].load:.0%} load catching up takes {caught[-1].catch_up_s / caught[-1].outage_s:.1f} times the outage"
        if caught
        else f"None of {len(names)} partitions had caught up when the window was over",
        f"How late messages were processed, against time, for three partitions; the group was stopped for "
        f"{found.outage['outage_s'].max():.1f} s. Catching up took "
        + "; ".join(f"at {row.load:.0%} load {row.catch_up_s:.1f} s" for row in caught)
        + ".",
        chart,
        data,
    )


def _by_strategy(found: Findings, width: int) -> alt.Color:
    names = list(dict.fromkeys(found.levels["strategy"]))
    # The control always wears the warning colour, whatever the number of variants beside it.
    others = iter(_COLOURS * len(names))
    colours = [theme.VERMILION if name == CONTROL else next(others) for name in names]
    columns = presets.columns(width, 3, 1)
    return alt.Color("strategy:N", title=None).scale(domain=names, range=colours).legend(columns=columns)
