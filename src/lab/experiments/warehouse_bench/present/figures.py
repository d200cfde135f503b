"""What was found, drawn."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.warehouse_bench.present.findings import GB, Findings, added, milliseconds

COLOURS = {"DuckDB": theme.ORANGE, "Trino": theme.PURPLE, "Spark": theme.BLUE}


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """Figures by name; `queries`, and a part of `formats`, is of the whole benchmark."""
    found = Findings(treatment)
    return {
        "queries": queries(found),
        **({"formats": formats(found)} if _added(found).size else {}),
        "growth": growth(found),
    }


def queries(found: Findings) -> Figure:
    """Median latency of each of the 22 queries on each engine."""
    data = found.treatment.tables["whole"]
    wins = found.wins
    told = "; ".join(
        f"Q{query}: " + ", ".join(f"{row.engine} {row.seconds:.2g} s" for row in own.itertuples())
        for query, own in sorted(data.groupby("query"), key=lambda item: int(str(item[0])))
    )
    return Figure(
        f"{wins.index[0]} answers first on {wins.iloc[0]} of {wins.sum()} queries at scale factor 1",
        f"Dots: median latency over plain Parquet on a log scale, for each query and engine. {told}.",
        partial(_queries_chart, data),
        data,
    )


def _queries_chart(data: pd.DataFrame, width: int) -> alt.TopLevelMixin:
    order = sorted(data["query"].unique(), key=int)
    base = alt.Chart(data).encode(
        x=alt.X(
            "query:N", sort=order, title="TPC-H query", axis=alt.Axis(labelAngle=0, labelOverlap="greedy")
        ),
        color=_colour(data["engine"]),
    )
    y = presets.log_y("seconds", "latency (s)", data["seconds"])
    return base.mark_point(size=45, opacity=1).encode(y=y).properties(width=width - 60, height=230)


def _colour(present: pd.Series) -> alt.Color:
    """The encoding for those engines that are present."""
    names = [name for name in COLOURS if name in set(present)]
    scale = alt.Scale(domain=names, range=[COLOURS[name] for name in names])
    return alt.Color("engine:N", title=None, scale=scale, legend=alt.Legend(columns=len(names)))


def formats(found: Findings) -> Figure:
    """What Iceberg and Delta add to the typical query over plain Parquet, in both runs."""
    data = _added(found)
    whole = "; ".join(
        f"{name} {milliseconds(found.whole(f'{name}.added'))}" for name in found.whole_names(".added")
    )
    whole_added = [found.whole(f"{name}.added") for name in found.whole_names(".added")]
    slower = sum(metric.interval is not None and metric.interval[0] > 0 for metric in whole_added)
    return Figure(
        f"Slower than plain Parquet in every round at scale factor 1: {slower} of {len(whole_added)} combinations",
        "Dots with bars for the range over the rounds: milliseconds added to the geometric mean over plain Parquet, a panel for "
        f"each run. 22 queries at scale factor 1: {whole}. This run: {'; '.join(added(found.treatment))}.",
        partial(_formats_chart, data),
        data,
    )


def _added(found: Findings) -> pd.DataFrame:
    """run, engine, format, ms, low, high."""
    params = found.params
    runs = {
        "whole.": "22 queries, scale factor 1",
        "": f"{len(params.numbers)} queries, scale factor {params.scale_factor:g}",
    }
    rows = []
    for metric in found.treatment.metrics:
        prefix = "whole." if metric.name.startswith("whole.") else ""
        name = metric.name.removeprefix(prefix)
        if name.endswith(".added"):
            engine, kind, _ = name.split(".")
            rows.append((runs[prefix], engine, kind, metric.value, *(metric.interval or ())))
    return pd.DataFrame(rows, columns=["run", "engine", "format", "ms", "low", "high"])


def _formats_chart(data: pd.DataFrame, width: int) -> alt.TopLevelMixin:
    runs = data["run"].unique()[::-1]  # the whole benchmark first
    panels = [_formats_panel(data[data["run"] == run], run, width) for run in runs]
    return alt.vconcat(*panels)


def _formats_panel(data: pd.DataFrame, run: str, width: int) -> alt.LayerChart:
    title = "ms over plain Parquet (bar: range)"
    base = alt.Chart(data).encode(
        y=alt.Y("format:N", title=None, axis=alt.Axis(grid=True)),
        yOffset=alt.YOffset("engine:N", sort=list(COLOURS)),
        color=_colour(data["engine"]),
    )
    bars = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=title), x2="high:Q")
    dots = base.mark_point(size=60, opacity=1).encode(x=alt.X("ms:Q", title=title))
    zero = alt.Chart(pd.DataFrame({"at": [0]})).mark_rule(color=theme.GREY).encode(x="at:Q")
    name = alt.TitleParams(run, anchor="start", fontSize=12)
    return (zero + bars + dots).properties(
        width=width - 70, height=55 * data["format"].nunique() + 10, title=name
    )


def growth(found: Findings) -> Figure:
    """Time of the model's queries against stored bytes, with the fitted lines and the size that checks them."""
    lines, data = found.growth, found.treatment.tables["growth"].copy()
    data["gigabytes"] = data["bytes"] / GB
    data["predicted"] = [
        lines[engine].line.at(size) for engine, size in zip(data["engine"], data["bytes"], strict=True)
    ]
    data["point"] = [
        "checks" if size == found.params.sizes[-1] else "fitted" for size in data["scale_factor"]
    ]
    told = ", ".join(
        f"{name} {own.line.fixed_s:.2g} s + {own.line.per_byte_s * GB:.2g} s per GB, off by {own.line.error:+.0%}"
        for name, own in lines.items()
    )
    worst = max(abs(own.line.error) for own in lines.values())
    return Figure(
        f"Lines fitted to smaller sizes miss {found.modelled} by at most {worst:.0%}",
        f"Latency of {found.modelled} against stored bytes at three scale factors, the median of "
        f"{len(found.params.growth_rounds)} rounds, "
        f"with a line for each engine through the smaller two; bars: from the fastest to the slowest round. {told}.",
        partial(_growth_chart, data),
        data,
    )


def _growth_chart(data: pd.DataFrame, width: int) -> alt.TopLevelMixin:
    base = alt.Chart(data).encode(
        x=alt.X(
            "gigabytes:Q", title="stored bytes of the tables (GB)", axis=alt.Axis(tickCount=4, format="~g")
        ),
        color=_colour(data["engine"]),
    )
    title = "median round (s), bar: fastest to slowest"
    y = alt.Y("seconds:Q", title=title)
    lines = base.mark_line().encode(y=alt.Y("predicted:Q", title=title))
    bars = base.mark_rule(strokeWidth=2).encode(y="fastest:Q", y2="slowest:Q")
    dots = base.mark_point(size=70, opacity=1).encode(
        y=y,
        shape=alt.Shape(
            "point:N",
            title=None,
            scale=alt.Scale(domain=["fitted", "checks"], range=["circle", "diamond"]),
            legend=alt.Legend(columns=2),
        ),
    )
    return (lines + bars + dots).properties(width=width - 60, height=220)
