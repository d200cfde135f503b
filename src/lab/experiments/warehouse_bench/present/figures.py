"""What the run found, drawn."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.warehouse_bench.judge.median_interval import label
from lab.experiments.warehouse_bench.present.engine_colours import COLOURS, colour
from lab.experiments.warehouse_bench.present.full_run import recorded
from lab.experiments.warehouse_bench.present.model import scale_factor_of
from lab.experiments.warehouse_bench.present.size_figures import bytes_against_time, growth

FORMATS = ("parquet", "iceberg", "delta")
LABELLED = 8  # queries
LAYOUTS = {"same": "same bytes", "own": "each engine's own"}


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """Figures by name; the last two are of the full run that is kept with the project."""
    whole = recorded()
    return {
        "queries": queries(treatment),
        "formats": formats(treatment),
        "bytes": bytes_against_time(treatment),
        "starts": starts(treatment),
        "growth": growth(treatment),
        "full_queries": slopes(whole.queries, whole.scale_factor),
        "full_formats": means(whole.means, whole.rounds),
    }


def queries(treatment: Result) -> Figure:
    """Median latency by query over the same Parquet files, a line for each query from engine to engine."""
    medians = treatment.tables["medians"]
    plain = medians[(medians["layout"] == "same") & (medians["format"] == "parquet")]
    return slopes(plain[["engine", "query", "seconds", "first_s", "cpu_s"]], scale_factor_of(treatment))


def slopes(data: pd.DataFrame, size: float) -> Figure:
    """The slope chart of latencies at one scale factor. data: engine, query, seconds, one row for each pair."""
    wide = data.pivot(index="query", columns="engine", values="seconds")
    wins = wide.idxmin(axis=1).value_counts()
    spread = wide.max(axis=1) / wide.min(axis=1)
    return Figure(
        f"Same Parquet files, scale factor {size:g}: {wins.index[0]} is fastest on {wins.iloc[0]} of {len(wide)} queries; "
        f"the slowest engine takes {spread.min():.0f} to {spread.max():.0f} times as long",
        "Slope chart: median latency on a log scale, a line for each query from engine to engine. "
        + "; ".join(
            f"Q{query}: " + ", ".join(f"{engine} {value:.2g} s" for engine, value in row.items())
            for query, row in wide.iterrows()
        ),
        partial(_queries_chart, data),
        data,
    )


def _queries_chart(data: pd.DataFrame, width: int) -> alt.TopLevelMixin:
    order = [name for name in COLOURS if name in set(data["engine"])]
    base = alt.Chart(data.assign(label="Q" + data["query"])).encode(
        x=alt.X(
            "engine:N", sort=order, title=None, axis=alt.Axis(labelAngle=0), scale=alt.Scale(padding=0.4)
        ),
        y=alt.Y(
            "seconds:Q",
            title="median latency (s)",
            scale=alt.Scale(type="log"),
            axis=alt.Axis(values=theme.decades(data["seconds"]), format="~g"),
        ),
        detail="query:N",
    )
    line = base.mark_line(color=theme.GREY, strokeWidth=1.2)
    dots = base.mark_point(size=55, opacity=1).encode(color=colour(data["engine"]))
    last = base.transform_filter(alt.datum.engine == order[-1])
    text = last.mark_text(align="left", dx=9, fontSize=11).encode(text="label:N")
    named = [text] if data["query"].nunique() <= LABELLED else []  # more would lie on one another
    return alt.layer(line, dots, *named).properties(width=width - 60, height=280)


def formats(treatment: Result) -> Figure:
    """Geometric means by engine, format and layout with intervals."""
    rounds = treatment.tables["timings"]["round"].max()
    return means(treatment.tables["means"], int(rounds))


def means(found: pd.DataFrame, rounds: int) -> Figure:
    """Dots with ranges. found: engine, layout, format, seconds, low, high."""
    data = found.copy()
    data["comparison"] = data["layout"].map(LAYOUTS)
    same = data[data["layout"] == "same"]
    spread = same.groupby("engine")["seconds"].agg(lambda found: found.max() / found.min())
    told = ", ".join(f"{value:.2f} on {engine}" for engine, value in spread.items())
    engines = same.groupby("engine")["seconds"].min()
    apart = float(engines.max() / engines.min())
    more = "more" if apart > spread.max() else "less"
    return Figure(
        f"The engine matters {more} than the format: slowest to fastest format of the same bytes is {told}; slowest to "
        f"fastest engine is {apart:.3g} times",
        f"Dots with bars, {label(rounds)}: geometric mean of the latency by format and engine, above for the same files in each "
        "format, below for tables that each engine wrote. "
        + "; ".join(
            f"{row.engine} {row.format} {row.comparison} {row.seconds:.2g} s" for row in data.itertuples()
        ),
        partial(_formats_chart, data),
        data,
    )


def _formats_chart(data: pd.DataFrame, width: int) -> alt.TopLevelMixin:
    panels = [_formats_panel(data, layout, width) for layout in LAYOUTS if layout in set(data["layout"])]
    return alt.vconcat(*panels).resolve_scale(x="shared")


def _formats_panel(data: pd.DataFrame, layout: str, width: int) -> alt.LayerChart:
    chosen = data[data["layout"] == layout]
    y = alt.Y("format:N", sort=list(FORMATS), title=None, axis=alt.Axis(grid=True))
    offset = alt.YOffset("engine:N", sort=list(COLOURS))
    x = alt.X(
        "seconds:Q",
        title="geometric mean of latency (s)" if layout == list(LAYOUTS)[-1] else None,
        scale=alt.Scale(type="log"),
        axis=alt.Axis(values=theme.decades(data["low"]), format="~g"),
    )
    base = alt.Chart(chosen).encode(y=y, yOffset=offset, color=colour(data["engine"]))
    bars = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", scale=alt.Scale(type="log")), x2="high:Q")
    dots = base.mark_point(size=60, opacity=1).encode(x=x)
    title = alt.TitleParams(LAYOUTS[layout], anchor="start", fontSize=12)
    return (bars + dots).properties(width=width - 70, height=120, title=title)


def starts(treatment: Result) -> Figure:
    """What comes before the first answer: start, first statement, first execution of each query."""
    made, medians = treatment.tables["starts"], treatment.tables["medians"]
    extra = (medians["first_s"] - medians["seconds"]).clip(lower=0).groupby(medians["engine"]).mean()
    cold = pd.DataFrame({"engine": extra.index, "what": "first queries", "seconds": extra.to_numpy()})
    data = pd.concat([made, cold], ignore_index=True)
    total = made.groupby("engine")["seconds"].sum()
    told = ", ".join(f"{engine} {value:.2g} s" for engine, value in total.items())
    return Figure(
        f"Before any query is answered an engine has to start: {told}",
        "Dots: seconds to start (one start), for the first statement, and what a query takes more on its first run than later "
        "(mean over queries and formats). "
        + "; ".join(f"{row.engine}, {row.what}: {row.seconds:.2g} s" for row in data.itertuples()),
        partial(_starts_chart, data),
        data,
    )


def _starts_chart(data: pd.DataFrame, width: int) -> alt.TopLevelMixin:
    order = ["start", "first statement", "first queries"]
    shown = data.assign(seconds=np.maximum(data["seconds"], 0.001))
    return (
        alt.Chart(shown)
        .mark_point(size=70, opacity=1)
        .encode(
            x=alt.X(
                "seconds:Q",
                title="seconds",
                scale=alt.Scale(type="log"),
                axis=alt.Axis(values=_fitting(theme.decades(shown["seconds"]), width), format="~g"),
            ),
            y=alt.Y("what:N", sort=order, title=None, axis=alt.Axis(grid=True, minExtent=95)),
            color=colour(data["engine"]),
        )
        .properties(width=width - 130, height=130)
    )


def _fitting(ticks: list[float], width: int) -> list[float]:
    """Every other one on a phone, where the labels would run together."""
    return ticks if width >= theme.WIDE else ticks[::2]
