"""Figures of size: bytes read against time, and time against stored bytes."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.warehouse_bench.judge.median_interval import label
from lab.experiments.warehouse_bench.present.crossover import GB
from lab.experiments.warehouse_bench.present.engine_colours import colour
from lab.experiments.warehouse_bench.present.model import fitted_lines, scale_factor_of

MB = 1e6


def bytes_against_time(treatment: Result) -> Figure:
    """Bytes that the kernel saw read against latency, a dot for each query and format; same bytes."""
    medians = treatment.tables["medians"]
    chosen = medians[medians["layout"] == "same"]
    data = chosen[["engine", "format", "query", "seconds", "read_bytes", "reported_bytes"]].assign(
        megabytes=chosen["read_bytes"] / MB
    )
    share = (data["reported_bytes"] / data["read_bytes"]).groupby(data["engine"]).median()
    told = ", ".join(f"{engine} {value:.0%}" for engine, value in share.items())
    mean = data.groupby("engine")["megabytes"].mean()
    return Figure(
        f"The mean query reads {', '.join(f'{value:.1f} MB on {engine}' for engine, value in mean.items())}; "
        f"of what the kernel saw, the engines' own statistics report {told}",
        f"Dots for each query, format and engine: bytes read against latency, both on log scales. Reported share: {told}.",
        partial(_bytes_chart, data),
        data,
    )


def _bytes_chart(data: pd.DataFrame, width: int) -> alt.TopLevelMixin:
    narrow = width < theme.WIDE
    return (
        alt.Chart(data)
        .mark_point(size=60, opacity=0.9)
        .encode(
            x=alt.X(
                "megabytes:Q",
                title="bytes read by a query (MB)",
                scale=alt.Scale(type="log", nice=False, padding=25),
                axis=alt.Axis(format="~g", tickCount=4),
            ),
            y=alt.Y(
                "seconds:Q",
                title="median latency (s)",
                scale=alt.Scale(type="log"),
                axis=alt.Axis(values=theme.decades(data["seconds"]), format="~g"),
            ),
            color=colour(data["engine"]),
            shape=alt.Shape(
                "format:N",
                title=None,
                sort=["parquet", "iceberg", "delta"],
                legend=alt.Legend(columns=3, orient="bottom" if narrow else "top"),
            ),
        )
        .properties(width=width - 60, height=260)
    )


def growth(treatment: Result) -> Figure:
    """Time of the mean query against stored bytes, with the fitted lines and the held-out points."""
    fitted, checked = fitted_lines(treatment), scale_factor_of(treatment)
    data = treatment.tables["growth"].copy()
    data["gigabytes"] = data["bytes"] / GB
    data["predicted"] = [
        fitted[engine].at(size) for engine, size in zip(data["engine"], data["bytes"], strict=True)
    ]
    data["point"] = np.where(data["scale_factor"] == checked, "held out", "fitted")
    told = ", ".join(
        f"{line.engine} {line.fixed_s:.2g} s + {line.per_byte_s * GB:.2g} s per GB"
        for line in fitted.values()
    )
    worst = max(fitted.values(), key=lambda line: abs(line.error))
    return Figure(
        f"Time of the mean query: {told}; at the held-out size the lines are off by at most {abs(worst.error):.0%}",
        f"Mean latency against stored bytes at three scale factors, with a line for each engine through two of them; bars: "
        f"{label(int(treatment.tables['lines_by_round']['round'].nunique()))}. {told}.",
        partial(_growth_chart, data),
        data,
    )


def _growth_chart(data: pd.DataFrame, width: int) -> alt.TopLevelMixin:
    base = alt.Chart(data).encode(
        x=alt.X(
            "gigabytes:Q", title="stored bytes of the tables (GB)", axis=alt.Axis(tickCount=4, format="~g")
        ),
        color=colour(data["engine"]),
    )
    y = alt.Y("seconds:Q", title="mean latency (s)")
    lines = base.mark_line().encode(y=alt.Y("predicted:Q", title="mean latency (s)"))
    bars = base.mark_rule(strokeWidth=2).encode(y="low:Q", y2="high:Q")
    dots = base.mark_point(size=70, opacity=1).encode(
        y=y,
        shape=alt.Shape(
            "point:N",
            title=None,
            scale=alt.Scale(domain=["fitted", "held out"], range=["circle", "diamond"]),
            legend=alt.Legend(columns=2, orient="bottom" if width < theme.WIDE else "top"),
        ),
    )
    return (lines + bars + dots).properties(width=width - 60, height=240)
