"""Four pictures of one run: lag against throughput, latency, lag over time, a heat strip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.kafka_lag.present.findings import CONTROL, Findings, findings

_COLOURS = [theme.BLUE, theme.GREEN, theme.PURPLE, theme.SKY, theme.ORANGE]
_PERCENTILES = {"p50_ms": "50th", "p95_ms": "95th", "p99_ms": "99th"}


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "throughput_lag": _throughput_lag(found),
        "latency": _latency(found),
        "lag_over_time": _lag_over_time(found),
        "heat": _heat(found),
    }


def _throughput_lag(found: Findings) -> Figure:
    data = found.holds[["strategy", "offered", "achieved", "lag_mean", "lag_max"]]
    best, hot = found.best, found.hot

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=presets.log_x("achieved", "throughput, messages/s", data["achieved"]),
            y=presets.log_y("lag_mean", "mean lag, messages", data["lag_mean"]),
            color=_by_strategy(found, width),
        )
        marks = base.mark_line() + base.mark_point(size=60)
        return marks.properties(width=width, height=280)

    return Figure(
        f"At {found.rate:,} messages/s the {best.strategy} strategy keeps {best.lag_mean:,.0f} messages of lag "
        f"on average, an unsalted hot key {hot.lag_mean:,.0f}",
        f"Mean lag against throughput on logarithmic axes. Every strategy of the treatment grows about in "
        f"step with the rate, up to {found.worst.lag_mean:,.0f} messages; the control leaves them at the "
        f"top rung with {hot.lag_mean:,.0f}.",
        chart,
        data,
    )


def _latency(found: Findings) -> Figure:
    data = found.holds.melt(
        ["strategy", "offered"], list(_PERCENTILES), var_name="percentile", value_name="milliseconds"
    )
    data["percentile"] = data["percentile"].map(_PERCENTILES)
    data["rung"] = data["offered"].map("{:,} messages/s".format)
    top, bottom = found.worst, found.holds[found.holds["offered"] == found.holds["offered"].min()]

    def chart(width: int) -> Any:
        marks = alt.Chart(data).encode(
            x=presets.log_x(
                "milliseconds", "latency from intended send to processed, ms", data["milliseconds"]
            ),
            y=alt.Y("percentile:O", title="percentile", sort=["50th", "95th", "99th"]),
            color=_by_strategy(found, width),
        )
        panel = marks.mark_point(size=80, opacity=0.85).properties(width=width, height=90)
        rungs = [f"{rung:,} messages/s" for rung in sorted(found.holds["offered"].unique())]
        return panel.facet(row=presets.panels("rung", rungs))

    return Figure(
        f"At {found.rate:,} messages/s 99 % are processed within {found.treatment_p99:,.0f} ms in every arm of the "
        f"treatment; behind a hot key it takes {found.hot.p99_ms:,.0f} ms",
        f"50th, 95th and 99th percentile of latency, a panel for each rate. At the lowest rate the 99th "
        f"percentile is at most {bottom['p99_ms'].max():,.0f} ms; at the highest {top.p99_ms:,.0f} ms in the "
        f"treatment and {found.hot.p99_ms:,.0f} ms in the control.",
        chart,
        data,
    )


def _lag_over_time(found: Findings) -> Figure:
    data = found.lag_at_top
    best, hot = found.growth_by_strategy()

    def chart(width: int) -> Any:
        lines = alt.Chart(data).encode(
            x=alt.X("seconds:Q", title="seconds since the first message"),
            y=alt.Y("lag:Q", title="lag, messages"),
            color=alt.Color("partition:N", title="partition").legend(
                orient="bottom", columns=6, symbolType="stroke"
            ),
        )
        panel = lines.mark_line().properties(width=width, height=120)
        return panel.facet(row=_strategy_rows(found)).resolve_scale(y="independent")

    return Figure(
        f"One partition falls behind by {hot:,.0f} messages a second under the hot key; no partition of the "
        f"treatment by more than {best:,.0f}",
        f"Lag of each partition over time at {found.rate:,} messages/s, a panel for each strategy, each with "
        f"its own vertical axis. In the control one partition's lag climbs to {found.hot_peak:,.0f} messages "
        f"and drains after the sending ends; no other partition of any arm ever holds more than "
        f"{found.others_peak:,.0f}.",
        chart,
        data,
    )


def _heat(found: Findings) -> Figure:
    data = found.lag_at_top
    cells_data = data.assign(
        waiting=data["lag"].clip(lower=1),
        end=data.groupby(["strategy", "partition"])["seconds"].shift(-1).fillna(data["seconds"]),
    )
    share = found.hot.hot_share

    def chart(width: int) -> Any:
        cells = alt.Chart(cells_data).encode(
            x=alt.X("seconds:Q", title="seconds since the first message"),
            x2="end:Q",
            y=alt.Y("partition:O", title="partition"),
            color=alt.Color("waiting:Q", title="lag, messages")
            .scale(type="log", scheme="viridis")
            .legend(orient="bottom", gradientLength=min(width, 300)),
        )
        return cells.mark_rect().properties(width=width, height=90).facet(row=_strategy_rows(found))

    return Figure(
        f"The hot partition takes {share:.0%} of the messages and holds nearly all the lag, while the workers "
        f"of the other {found.partitions - 1} have time to spare",
        f"Heat strips of lag by partition and time at {found.rate:,} messages/s. In the control one strip "
        f"brightens to {found.hot_peak:,.0f} messages; in every other strip at most {found.others_peak:,.0f} wait.",
        chart,
        data,
    )


def _by_strategy(found: Findings, width: int) -> alt.Color:
    names = list(dict.fromkeys(found.holds["strategy"]))
    # The control always wears the warning colour, whatever the number of arms beside it.
    others = iter(_COLOURS * len(names))
    colours = [theme.VERMILION if name == CONTROL else next(others) for name in names]
    columns = 1 if width < theme.WIDE else len(names)
    return alt.Color("strategy:N", title=None).scale(domain=names, range=colours).legend(columns=columns)


def _strategy_rows(found: Findings) -> alt.Row:
    return presets.panels("strategy", list(dict.fromkeys(found.holds["strategy"])))
