"""The trade-off of the compaction interval: seconds above, write amplification below."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.experiments.parquet_compaction.criteria import OVERHEAD_LIMIT
from lab.experiments.parquet_compaction.judge.compaction_interval import held_interval
from lab.experiments.parquet_compaction.present.findings import Findings, span

_PARTS = ["both", "queries", "compaction"]
_KINDS = ["measured, model fitted on it", "measured, held out"]
_WRITTEN = ["measured", f"limit, {OVERHEAD_LIMIT:g}"]


def compaction_interval(found: Findings) -> Figure:
    """Above: seconds of queries and compaction, points and the model's curves; below: bytes rewritten per byte."""
    rows, marks = found.intervals, _measured(found)

    def chart(width: int) -> Any:
        above, below = _seconds(found, marks, width), _written(rows)
        upper = above.properties(width=width, height=240)
        return alt.vconcat(upper, below.properties(width=width, height=120)).resolve_scale(
            color="independent", strokeDash="independent"
        )

    more = rows["total_s"].max() / found.best_interval.total_s - 1
    return Figure(
        f"The worst of the compaction intervals tried costs {more:.0%} more than the best",
        _told(found),
        chart,
        marks.merge(rows[["every", "amplification", "mean_files"]], on="every"),
    )


def _measured(found: Findings) -> pd.DataFrame:
    """Seconds per micro-batch by part, with their 95 % intervals; which interval the model was not fitted on."""
    queries, rows = found.params.queries_per_batch, found.intervals
    held = held_interval(rows["every"].tolist())
    columns = {"both": ("total_s", 1.0), "queries": ("query_s", queries), "compaction": ("compaction_s", 1.0)}
    parts = [
        pd.DataFrame(
            {
                "every": rows["every"],
                "part": part,
                "seconds": times * rows[name],
                "low": times * rows[f"{name}_low"],
                "high": times * rows[f"{name}_high"],
                "kind": np.where(rows["every"] == held, _KINDS[1], _KINDS[0]),
            }
        )
        for part, (name, times) in columns.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _curves(found: Findings) -> pd.DataFrame:
    """The model, from the shortest to the longest interval."""
    model, queries, rows = found.interval_model, found.params.queries_per_batch, found.intervals
    every = np.geomspace(rows["every"].min(), rows["every"].max(), 40)
    query, compaction = queries * model.query_s(every), model.compaction_s(every)
    seconds = {"both": query + compaction, "queries": query, "compaction": compaction}
    parts = [pd.DataFrame({"every": every, "part": part, "seconds": seconds[part]}) for part in _PARTS]
    return pd.concat(parts, ignore_index=True)


def _every(rows: pd.DataFrame, title: str | None) -> Any:
    return (
        alt.X("every:Q", title=title)
        .scale(type="log", nice=False, padding=presets.PADDING)
        .axis(values=rows["every"].tolist(), format="d", grid=False)
    )


def _seconds(found: Findings, marks: pd.DataFrame, width: int) -> Any:
    axes = {
        "x": _every(found.intervals, None),
        "y": alt.Y("seconds:Q", title="s per micro-batch"),
        "color": alt.Color("part:N", title=None)
        .scale(domain=_PARTS, range=[theme.BLUE, theme.GREEN, theme.VERMILION])
        .legend(columns=presets.columns(width, 3, 1), symbolType="stroke"),
    }
    shape = (
        alt.Shape("kind:N", title=None)
        .scale(domain=_KINDS, range=["circle", "diamond"])
        .legend(
            columns=presets.columns(width, 2, 1), symbolFillColor=theme.GREY, symbolStrokeColor=theme.GREY
        )
    )
    base = alt.Chart(marks)
    points = base.mark_point(size=110, opacity=1).encode(**axes, shape=shape)
    spread = base.mark_rule(strokeWidth=1.5).encode(**(axes | {"y": alt.Y("low:Q"), "y2": alt.Y2("high:Q")}))
    return alt.Chart(_curves(found)).mark_line().encode(**axes) + spread + points


def _written(rows: pd.DataFrame) -> Any:
    top = 1.1 * max(OVERHEAD_LIMIT, rows["amplification"].max())
    limit = rows[["every"]].assign(amplification=OVERHEAD_LIMIT, line=_WRITTEN[1])
    data = pd.concat([rows[["every", "amplification"]].assign(line=_WRITTEN[0]), limit], ignore_index=True)
    base = alt.Chart(data).encode(
        x=_every(rows, "micro-batches between compactions"),
        y=alt.Y("amplification:Q", title="write amplification").scale(domain=[0, top]).axis(tickCount=4),
        color=alt.Color("line:N", title=None)
        .scale(domain=_WRITTEN, range=[theme.PURPLE, theme.GREY])
        .legend(symbolType="stroke"),
    )
    return base.mark_line() + base.transform_filter(f"datum.line == '{_WRITTEN[0]}'").mark_point(opacity=1)


def _told(found: Findings) -> str:
    rows, queries = found.intervals, found.params.queries_per_batch
    first, last = rows.iloc[0], rows.iloc[-1]
    best, (low, high) = found.optimum
    return (
        f"Above: seconds per micro-batch against the micro-batches between compactions, at {found.load}. Query time "
        f"goes from {queries * first.query_s:.2f} to {queries * last.query_s:.2f} s, compaction from "
        f"{first.compaction_s:.2f} to {last.compaction_s:.2f} s; points are measured, with their 95 % intervals, curves are the "
        f"model, whose best interval is {best:.1f} ({low:.1f} to {high:.1f}). Good are {span(found.good_intervals)}. "
        f"Below: write amplification, from {first.amplification:.2f} to {last.amplification:.2f}, under the "
        f"limit {OVERHEAD_LIMIT:g}."
    )
