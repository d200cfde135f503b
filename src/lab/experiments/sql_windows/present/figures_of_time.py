"""Figures of time: against rows, against what is declared, against the width of a frame."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from lab.charts import alt
from lab.charts.figure import Figure
from lab.charts.theme import GREY
from lab.evidence.result import Result
from lab.experiments.sql_windows.criteria import SLOPE_LIMIT, SMALL_ROWS
from lab.experiments.sql_windows.mechanism.queries import NAMES
from lab.experiments.sql_windows.params import Params
from lab.experiments.sql_windows.present.encodings import (
    NARROW,
    dashed,
    engine_colour,
    engine_shape,
    legend,
)


def time_by_rows(treatment: Result) -> Figure:
    """Median time against rows, a panel for each query."""
    params = treatment.of(Params)
    medians = (
        treatment.tables["timings"].groupby(["engine", "query", "rows"])["seconds"].median().reset_index()
    )
    top = medians[medians["rows"] == params.top]
    typical = top.groupby("engine")["seconds"].median().sort_values()
    slowest = top.loc[top["seconds"].idxmax()]
    told = ", ".join(f"{engine} {value:.2g} s" for engine, value in typical.items())
    return Figure(
        _last_step(medians),
        f"At {params.top:,} rows the median query takes {told}; the slowest is {slowest['query']} on "
        f"{slowest['engine']} with {slowest['seconds']:.1f} s. Ten panels, one for each query: time against "
        f"rows from {SMALL_ROWS:,} to {params.top:,}, both on log "
        f"scales, a line for each engine. {_first_step(medians)}",
        partial(_time_chart, medians),
        medians,
    )


def _last_step(medians: pd.DataFrame) -> str:
    """How much longer the median query takes on the largest size than on the one before."""
    before, last = sorted(medians["rows"].unique())[-2:]
    wide = medians.pivot(index=["engine", "query"], columns="rows", values="seconds")
    factor = float((wide[last] / wide[before]).median())
    return f"With {last / before:g} times the rows the median query takes {factor:.1f} times as long"


def _first_step(medians: pd.DataFrame) -> str:
    """How much longer the median query takes on the next size than on the smallest, by engine."""
    sizes = sorted(medians["rows"].unique())[:2]
    wide = medians.pivot(index=["engine", "query"], columns="rows", values="seconds")
    factors = (wide[sizes[1]] / wide[sizes[0]]).groupby("engine").median()
    told = ", ".join(f"{engine} {factor:.1f}" for engine, factor in factors.items())
    return f"From {sizes[0]:,} to {sizes[1]:,} rows the median query's time grows by these factors: {told}."


def _time_chart(data: pd.DataFrame, width: int) -> alt.TopLevelMixin:
    columns = 2 if width < NARROW else 5
    panel = width // columns - 22
    base = (
        alt.Chart(data)
        .mark_line(point=alt.OverlayMarkDef(size=18), strokeWidth=1.5)
        .encode(
            x=alt.X(
                "rows:Q",
                title=None,
                scale=alt.Scale(type="log"),
                axis=alt.Axis(values=[1_000, 100_000], format="~s", grid=False),
            ),
            y=alt.Y(
                "seconds:Q",
                title=None,
                scale=alt.Scale(type="log"),
                axis=alt.Axis(values=[0.001, 0.01, 0.1, 1, 10], format="~g"),
            ),
            color=engine_colour(width),
        )
        .properties(width=panel, height=panel)
    )
    title = alt.TitleParams("time (s) against rows of the table", anchor="start", fontSize=12)
    header = alt.Header(title=None, labelFontSize=10 if width < NARROW else 11, labelPadding=2)
    return base.facet(
        facet=alt.Facet("query:N", sort=list(NAMES), header=header), columns=columns, spacing=8
    ).properties(title=title)


def slopes(treatment: Result) -> Figure:
    """Measured less declared slope of each query and engine; those without a slope are not drawn."""
    data = treatment.tables["growth"].drop(columns="sizes").replace(np.inf, np.nan)
    data["difference"] = data["measured"] - data["declared"]
    known = data.dropna(subset="difference")
    return Figure(
        _slopes_title(known),
        f"Dots for ten queries on three engines: measured less declared log-log slope, from "
        f"{known['difference'].min():+.2f} to {known['difference'].max():+.2f}; dashed lines at the limits.",
        partial(_slopes_chart, known),
        data,
    )


def _slopes_title(known: pd.DataFrame) -> str:
    if known.empty:
        return "No slope could be judged: the tables are too small beside the statements' fixed cost"
    worst = known.loc[known["apart"].idxmax()]
    within = int((known["apart"] <= SLOPE_LIMIT).sum())
    share = "All" if within == len(known) else f"{within} of {len(known)}"
    return (
        f"{share} slopes agree with their O(); the farthest ({worst['query']}) is off by {worst['apart']:.2f}"
    )


def _slopes_chart(data: pd.DataFrame, width: int) -> alt.TopLevelMixin:
    name = f"limits, ±{SLOPE_LIMIT:g}"
    limits = pd.DataFrame({"limit": [-SLOPE_LIMIT, SLOPE_LIMIT], "line": name})
    reach = max([0.25, *(data["difference"].abs() * 1.1)])
    narrow = width < NARROW
    dots = (
        alt.Chart(data)
        .mark_point(size=60, opacity=0.9)
        .encode(
            x=alt.X(
                "difference:Q",
                title="slope, measured − declared"
                if narrow
                else "log-log slope of processor time in rows, measured − declared",
                scale=alt.Scale(domain=[-reach, reach]),
                axis=alt.Axis(tickCount=5),
            ),
            y=alt.Y("query:N", title=None, sort=list(NAMES), axis=alt.Axis(grid=True, labelLimit=150)),
            color=engine_colour(width),
            shape=engine_shape(width),
        )
    )
    rules = alt.Chart(limits).mark_rule(color=GREY).encode(x="limit:Q", strokeDash=dashed(width, name))
    zero = alt.Chart(pd.DataFrame({"at": [0]})).mark_rule(color=GREY).encode(x="at:Q")
    return (rules + zero + dots).properties(width=width - 130, height=240)


def sliding(treatment: Result) -> Figure:
    """Time against the width of the sliding frame."""
    data = (
        treatment.tables["sliding"]
        .groupby(["engine", "aggregate", "width"])["seconds"]
        .median()
        .reset_index()
    )
    widest = data[data["width"] == data["width"].max()].set_index(["engine", "aggregate"])["seconds"]
    slope = treatment.observed["sliding_max_counterexample"].value
    factor = widest["PostgreSQL", "max"] / widest["PostgreSQL", "sum of integers"]
    return Figure(
        f"On PostgreSQL a sliding maximum takes {factor:.0f} times as long as a sum of integers",
        f"Slope of PostgreSQL's maximum over all widths, its fixed cost included: {slope:.2f}. Time against the number "
        f"of preceding rows, log scales, {treatment.of(Params).sliding_rows:,} rows. At the "
        f"widest frame: {', '.join(f'{a} {b} {value:.2g} s' for (a, b), value in widest.items())}.",
        partial(_sliding_chart, data),
        data,
    )


def _sliding_chart(data: pd.DataFrame, width: int) -> alt.TopLevelMixin:
    base = alt.Chart(data).encode(
        x=alt.X(
            "width:Q",
            title="preceding rows in the frame",
            scale=alt.Scale(type="log"),
            axis=_log_axis(data["width"]),
        ),
        y=alt.Y(
            "seconds:Q",
            title="time (s)",
            scale=alt.Scale(type="log"),
            axis=alt.Axis(format="~g", values=[0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]),
        ),
        color=engine_colour(width),
    )
    dashes = legend(width, symbolType="stroke", symbolStrokeColor=GREY)
    lines = base.mark_line().encode(strokeDash=alt.StrokeDash("aggregate:N", title=None, legend=dashes))
    points = base.mark_point(filled=True).encode(detail="aggregate:N")
    return (lines + points).properties(width=width - 60, height=260)


def _log_axis(values: pd.Series) -> alt.Axis:
    return alt.Axis(values=sorted(values.unique().tolist()), format="~s")
