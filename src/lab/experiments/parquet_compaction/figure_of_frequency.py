"""The trade-off of the recommended strategy: time and write amplification against the frequency of compaction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.experiments.parquet_compaction.criteria import OVERHEAD_LIMIT
from lab.experiments.parquet_compaction.findings import Findings

_PARTS = ["both", "queries", "compaction"]


def trade_off(found: Findings) -> Figure:
    """Above: seconds of queries and compaction; below: bytes rewritten; the recommended rung marked in both."""
    rungs = found.rungs
    marks = _in_parts(rungs["every"], found, measured=True)

    def chart(width: int) -> Any:
        best = alt.Chart(pd.DataFrame({"every": [found.rung.every]}))
        rule = best.mark_rule(color=theme.GREY, strokeDash=[4, 4]).encode(x=_frequency(rungs))
        above, below = rule + _seconds(found, marks, width), _limit() + rule + _written(rungs)
        return alt.vconcat(
            above.properties(width=width, height=220), below.properties(width=width, height=130)
        )

    data = marks.merge(rungs[["every", "amplification", "mean_files"]], on="every")
    return Figure(_title(found), _told(found), chart, data)


def _in_parts(every: Any, found: Findings, measured: bool = False) -> pd.DataFrame:
    """Seconds per micro-batch by part, at the rungs as measured or anywhere by the law."""
    law, queries, rungs = found.rhythm, found.params.queries_per_batch, found.rungs
    query = rungs["query_s"] if measured else law.query_s(every)
    compaction = rungs["compaction_s"] if measured else law.compaction_s(every)
    seconds = {"both": queries * query + compaction, "queries": queries * query, "compaction": compaction}
    parts = [pd.DataFrame({"every": every, "part": part, "seconds": seconds[part]}) for part in _PARTS]
    return pd.concat(parts, ignore_index=True)


def _frequency(rungs: pd.DataFrame) -> Any:
    return (
        alt.X("every:Q", title="micro-batches between compactions")
        .scale(type="log", nice=False, padding=12)
        .axis(values=rungs["every"].tolist(), format="d", grid=False)
    )


def _seconds(found: Findings, marks: pd.DataFrame, width: int) -> Any:
    rungs = found.rungs
    curves = _in_parts(np.geomspace(rungs["every"].min(), rungs["every"].max(), 40), found)
    axes = {
        "x": _frequency(rungs),
        "y": alt.Y("seconds:Q", title="seconds per micro-batch"),
        "color": alt.Color("part:N", title="per micro-batch")
        .scale(domain=_PARTS, range=[theme.BLUE, theme.GREEN, theme.VERMILION])
        .legend(columns=1 if width == theme.NARROW else 3),
    }
    points = alt.Chart(marks).mark_point(size=60, opacity=1).encode(**axes)
    return alt.Chart(curves).mark_line().encode(**axes) + points


def _written(rungs: pd.DataFrame) -> Any:
    top = 1.1 * max(OVERHEAD_LIMIT, rungs["amplification"].max())
    y = alt.Y("amplification:Q", title=["bytes rewritten", "per byte"]).scale(domain=[0, top])
    base = alt.Chart(rungs).encode(x=_frequency(rungs), y=y)
    return base.mark_line(color=theme.PURPLE) + base.mark_point(color=theme.PURPLE, size=60, opacity=1)


def _limit() -> Any:
    limit = alt.Chart(pd.DataFrame({"limit": [OVERHEAD_LIMIT]}))
    return limit.mark_rule(color=theme.GREY).encode(y="limit:Q")


def _title(found: Findings) -> str:
    first, last, rung = found.rungs.iloc[0], found.rungs.iloc[-1], found.rung
    return (
        f"Compact every {rung.every:.0f} micro-batches: {rung.total_s:.2f} s for queries and compaction, "
        f"{rung.amplification:.2f} bytes rewritten per byte; every {first.every:.0f} it is {first.total_s:.2f} s and "
        f"{first.amplification:.2f}, every {last.every:.0f} {last.total_s:.2f} s and {last.amplification:.2f}"
    )


def _told(found: Findings) -> str:
    first, last, queries = found.rungs.iloc[0], found.rungs.iloc[-1], found.params.queries_per_batch
    return (
        f"Above: seconds per micro-batch against the micro-batches between compactions, at {found.load}. Query time "
        f"goes from {queries * first.query_s:.2f} to {queries * last.query_s:.2f} s, compaction from "
        f"{first.compaction_s:.2f} to {last.compaction_s:.2f} s; points are measured, curves the fitted law, whose "
        f"optimum is at {found.rhythm.best(queries):.1f}. Below: write amplification, from {first.amplification:.2f} "
        f"to {last.amplification:.2f}, with the limit {OVERHEAD_LIMIT:g} as a line. A dashed line marks the "
        f"recommended {found.rung.every:.0f}."
    )
