"""Figures of rows: what a slip costs, CDNOW's cohorts, the space that a sort takes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from lab.charts import alt
from lab.charts.figure import Figure
from lab.charts.theme import BLUE, GREY, VERMILION
from lab.evidence.result import Result
from lab.experiments.sql_windows.measure.sort_memory import FIT_ROWS, MIB
from lab.experiments.sql_windows.params import Params
from lab.experiments.sql_windows.present.encodings import ENGINE_COLOURS, NARROW, dashed, engine_colour


def broken(controls: Mapping[str, Result]) -> Figure:
    """Share of rows that differ when one word is wrong."""
    parts = [result.tables["rows"].assign(control=name) for name, result in controls.items()]
    data = pd.concat(parts, ignore_index=True).drop(columns="first")
    data["share"] = data["differing"] / data["expected"]
    told = "; ".join(
        f"{name} {group['differing'].sum() / group['expected'].sum():.0%}"
        for name, group in data.groupby("control")
    )
    return Figure(
        f"One slip, and up to {_worst(data):.0%} of the rows are wrong without an error",
        f"Bars: share of rows that differ from the oracle for each control and engine; all engines together: {told}.",
        partial(_broken_chart, data),
        data,
    )


def _worst(data: pd.DataFrame) -> float:
    sums = data.groupby("control")[["differing", "expected"]].sum()
    return float((sums["differing"] / sums["expected"]).max())


def _broken_chart(data: pd.DataFrame, width: int) -> alt.TopLevelMixin:
    return (
        alt.Chart(data)
        .mark_bar(height=14)
        .encode(
            x=alt.X(
                "share:Q", title="rows that differ from the oracle", axis=alt.Axis(format="%", tickCount=4)
            ),
            y=alt.Y("control:N", title=None, axis=alt.Axis(labelLimit=110)),
            yOffset=alt.YOffset("engine:N", sort=list(ENGINE_COLOURS)),
            color=engine_colour(width),
        )
        .properties(width=width - 110, height=130)
    )


def cohorts(treatment: Result) -> Figure:
    """Retention of CDNOW's customers."""
    data = treatment.tables["retention"].copy()
    data["month"] = pd.to_datetime(
        [f"{1970 + cohort // 12}-{cohort % 12 + 1:02d}-01" for cohort in data["cohort"]]
    ).strftime("%b %Y")
    later = data[data["months_after"] > 0]
    first, last = (_mean_retention(later, month) for month in (1, int(later["months_after"].max())))
    size = int(data.groupby("cohort")["cohort_size"].first().sum())
    return Figure(
        f"Of CDNOW's new customers, {first:.0%} bought again a month later",
        f"{size:,} customers of early 1997; of the oldest cohort, {last:.0%} bought after "
        f"{int(later['months_after'].max())} months. Heat map: share of each monthly cohort "
        f"that bought so many months after its first month, between "
        f"{later['retention'].min():.1%} and {later['retention'].max():.1%}.",
        partial(_cohorts_chart, later, data),
        data,
    )


def _mean_retention(data: pd.DataFrame, month: int) -> float:
    chosen = data[data["months_after"] == month]
    return float(chosen["customers"].sum() / chosen["cohort_size"].sum())


def _cohorts_chart(later: pd.DataFrame, data: pd.DataFrame, width: int) -> alt.TopLevelMixin:
    narrow = width < NARROW
    order = list(dict.fromkeys(data.sort_values("cohort")["month"]))
    x = alt.X(
        "months_after:O", title="months after the first purchase", axis=alt.Axis(labelAngle=0, grid=False)
    )
    y = alt.Y("month:O", title=None, sort=order, axis=alt.Axis(grid=False))
    if narrow:  # eighteen months fit a phone only downwards
        x, y = (
            alt.X("month:O", title=None, sort=order, axis=alt.Axis(orient="top", labelAngle=0, grid=False)),
            alt.Y("months_after:O", title="months after the first purchase", axis=alt.Axis(grid=False)),
        )
    base = alt.Chart(later).encode(x=x, y=y)
    # The scale reaches beyond the data, so that dark text stays legible on every cell.
    reach = float(later["retention"].max()) * 2
    shade = base.mark_rect().encode(
        color=alt.Color("retention:Q", scale=alt.Scale(scheme="blues", domain=[0, reach]), legend=None)
    )
    text = base.mark_text(fontSize=11, color="#1a1a1a").encode(text=alt.Text("retention:Q", format=".0%"))
    size = (width - 60, 340) if narrow else (width - 70, 26 * len(order))
    return (shade + text).properties(width=size[0], height=size[1])


def sort_memory(treatment: Result) -> Figure:
    """Memory of PostgreSQL's sort against rows, and where it spills."""
    params, data = treatment.of(Params), treatment.tables["sorts"].sort_values("rows").copy()
    data["mebibytes"], data["where"] = data["bytes"] / MIB, np.where(data["spilled"], "disk", "memory")
    predicted, first = (treatment.metric(name).value for name in ("spill_predicted", "spill_first"))
    return Figure(
        f"PostgreSQL's sort leaves memory at {first:,.0f} rows, where it was predicted to",
        f"{predicted:,.0f} rows were predicted for {params.work_mem_mb} MiB of work_mem, from the memory of a sort of "
        f"{FIT_ROWS:,} rows. Space used by the sort against rows: in memory up to {params.work_mem_mb} MiB, then on disk, "
        "where the rows "
        "lie packed and take less.",
        partial(_sort_chart, data, params.work_mem_mb, predicted),
        data,
    )


def _sort_chart(data: pd.DataFrame, limit: int, predicted: float, width: int) -> alt.TopLevelMixin:
    points = (
        alt.Chart(data)
        .mark_line(point=alt.OverlayMarkDef(size=60))
        .encode(
            x=alt.X(
                "rows:Q",
                title="rows sorted",
                axis=alt.Axis(format="~s", tickCount=5),
                scale=alt.Scale(zero=True),
            ),
            y=alt.Y("mebibytes:Q", title="space used by the sort (MiB)"),
            color=alt.Color(
                "where:N",
                title=None,
                scale=alt.Scale(domain=["memory", "disk"], range=[BLUE, VERMILION]),
                legend=alt.Legend(columns=1 if width < NARROW else 2),
            ),
        )
    )
    names = "predicted to spill from here", f"work_mem, {limit:g} MiB"
    at = pd.DataFrame({"rows": [predicted], "mebibytes": [limit]})
    rules = [
        alt.Chart(at.assign(line=name))
        .mark_rule(color=GREY)
        .encode(**{axis: f"{column}:Q"}, strokeDash=dashed(width, *names))
        for axis, column, name in zip("xy", at.columns, names, strict=True)
    ]
    return alt.layer(points, *rules).properties(width=width - 60, height=220)
