"""The trade-off of the compaction interval: seconds above, write amplification below."""

from __future__ import annotations

from typing import Any

import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.experiments.parquet_compaction.criteria import OVERHEAD_LIMIT
from lab.experiments.parquet_compaction.present.findings import Findings, span

_PARTS = ["both", "queries", "compaction"]
_WRITTEN = ["measured", f"limit, {OVERHEAD_LIMIT:g}"]


def compaction_interval(found: Findings) -> Figure:
    """Above: seconds of queries and compaction with their intervals; below: bytes rewritten per byte."""
    rows, marks = found.intervals, _measured(found)

    def chart(width: int) -> Any:
        upper = _seconds(rows, marks, width).properties(width=width, height=240)
        lower = _written(rows).properties(width=width, height=120)
        return alt.vconcat(upper, lower).resolve_scale(color="independent")

    more = rows["total_s"].max() / found.best_interval.total_s - 1
    return Figure(
        f"The worst of the compaction intervals tried costs {more:.0%} more than the best",
        _told(found),
        chart,
        marks.merge(rows[["every", "amplification", "mean_files"]], on="every"),
    )


def _measured(found: Findings) -> pd.DataFrame:
    """Seconds per micro-batch by part, with their 95 % intervals."""
    queries, rows = found.params.queries_per_batch, found.intervals
    columns = {"both": ("total_s", 1.0), "queries": ("query_s", queries), "compaction": ("compaction_s", 1.0)}
    parts = [
        pd.DataFrame(
            {
                "every": rows["every"],
                "part": part,
                "seconds": times * rows[name],
                "low": times * rows[f"{name}_low"],
                "high": times * rows[f"{name}_high"],
            }
        )
        for part, (name, times) in columns.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _every(rows: pd.DataFrame, title: str | None) -> Any:
    return (
        alt.X("every:Q", title=title)
        .scale(type="log", nice=False, padding=presets.PADDING)
        .axis(values=rows["every"].tolist(), format="d", grid=False)
    )


def _seconds(rows: pd.DataFrame, marks: pd.DataFrame, width: int) -> Any:
    base = alt.Chart(marks).encode(
        x=_every(rows, None),
        color=alt.Color("part:N", title=None)
        .scale(domain=_PARTS, range=[theme.BLUE, theme.GREEN, theme.VERMILION])
        .legend(columns=presets.columns(width, 3, 1), symbolType="stroke"),
    )
    seconds = alt.Y("seconds:Q", title="s per micro-batch (bars: 95 %)")
    spread = base.mark_rule(strokeWidth=1.5).encode(
        y=alt.Y("low:Q", title="s per micro-batch (bars: 95 %)"), y2="high:Q"
    )
    return base.mark_line().encode(y=seconds) + spread + base.mark_point(size=90, opacity=1).encode(y=seconds)


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
    return (
        f"Above: seconds per micro-batch against the micro-batches between compactions, at {found.load}, bars are 95 % "
        f"intervals. Query time goes from {queries * first.query_s:.2f} to {queries * last.query_s:.2f} s, compaction from "
        f"{first.compaction_s:.2f} to {last.compaction_s:.2f} s. Good is {span(found.good_intervals)}. Below: write "
        f"amplification, from {first.amplification:.2f} to {last.amplification:.2f}, under the limit {OVERHEAD_LIMIT:g}."
    )
