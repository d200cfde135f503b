"""The trade-off of the recommended strategy: time and write amplification against the frequency of compaction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.experiments.parquet_compaction.criteria import OVERHEAD_LIMIT
from lab.experiments.parquet_compaction.present.findings import Findings

_PARTS = ["both", "queries", "compaction"]
_KINDS = ["measured, law fitted on it", "measured, law not fitted on it"]


def trade_off(found: Findings) -> Figure:
    """Above: seconds of queries and compaction; below: bytes rewritten; the law's optimum marked in both."""
    rungs = found.rungs
    marks = _measured(found)

    def chart(width: int) -> Any:
        best = alt.Chart(pd.DataFrame({"every": [_mark(found)]}))
        rule = best.mark_rule(color=theme.GREY, strokeDash=[4, 4]).encode(x=_frequency(rungs))
        above, below = rule + _seconds(found, marks, width), _limit() + rule + _written(rungs)
        return alt.vconcat(
            above.properties(width=width, height=240), below.properties(width=width, height=130)
        )

    data = marks.merge(rungs[["every", "amplification", "mean_files"]], on="every")
    return Figure(_title(found), _told(found), chart, data)


def _measured(found: Findings) -> pd.DataFrame:
    """Seconds per micro-batch by part, with their 95 % intervals; which frequency the law was not fitted on."""
    queries, rungs = found.params.queries_per_batch, found.rungs
    columns = {"both": ("total_s", 1.0), "queries": ("query_s", queries), "compaction": ("compaction_s", 1.0)}
    parts = [
        pd.DataFrame(
            {
                "every": rungs["every"],
                "part": part,
                "seconds": times * rungs[name],
                "low": times * rungs[f"{name}_low"],
                "high": times * rungs[f"{name}_high"],
                "law": np.where(rungs["every"] == found.held, _KINDS[1], _KINDS[0]),
            }
        )
        for part, (name, times) in columns.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _curves(found: Findings) -> pd.DataFrame:
    """The law, from the shortest to the longest wait."""
    law, queries, rungs = found.frequency_law, found.params.queries_per_batch, found.rungs
    every = np.geomspace(rungs["every"].min(), rungs["every"].max(), 40)
    query, compaction = queries * law.query_s(every), law.compaction_s(every)
    seconds = {"both": query + compaction, "queries": query, "compaction": compaction}
    parts = [pd.DataFrame({"every": every, "part": part, "seconds": seconds[part]}) for part in _PARTS]
    return pd.concat(parts, ignore_index=True)


def _frequency(rungs: pd.DataFrame) -> Any:
    return (
        alt.X("every:Q", title="micro-batches between compactions")
        .scale(type="log", nice=False, padding=12)
        .axis(values=rungs["every"].tolist(), format="d", grid=False)
    )


def _seconds(found: Findings, marks: pd.DataFrame, width: int) -> Any:
    columns = 1 if width == theme.NARROW else 3
    axes = {
        "x": _frequency(found.rungs),
        "y": alt.Y("seconds:Q", title="seconds per micro-batch"),
        "color": alt.Color("part:N", title=None)
        .scale(domain=_PARTS, range=[theme.BLUE, theme.GREEN, theme.VERMILION])
        .legend(columns=columns),
    }
    shape = alt.Shape("law:N", title=None).scale(domain=_KINDS, range=["circle", "diamond"])
    base = alt.Chart(marks)
    points = base.mark_point(size=110, opacity=1).encode(
        **axes,
        shape=shape.legend(
            orient="bottom", columns=1, symbolFillColor=theme.GREY, symbolStrokeColor=theme.GREY
        ),
    )
    spread = base.mark_rule(strokeWidth=1.5).encode(**(axes | {"y": alt.Y("low:Q"), "y2": alt.Y2("high:Q")}))
    return alt.Chart(_curves(found)).mark_line().encode(**axes) + spread + points


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
        f"Compact {found.advised}: at {rung.every:.0f}, where least was measured, {rung.total_s:.2f} s for queries and "
        f"compaction and {rung.amplification:.2f} bytes rewritten per byte; at {first.every:.0f} {first.total_s:.2f} s and "
        f"{first.amplification:.2f}, at {last.every:.0f} {last.total_s:.2f} s and {last.amplification:.2f}"
    )


def _mark(found: Findings) -> float:
    """The law's optimum, within the ladder."""
    best, _ = found.every(found.params.queries_per_batch)
    return float(np.clip(best, found.rungs["every"].min(), found.rungs["every"].max()))


def _told(found: Findings) -> str:
    first, last, queries = found.rungs.iloc[0], found.rungs.iloc[-1], found.params.queries_per_batch
    best, (low, high) = found.every(queries)
    return (
        f"Above: seconds per micro-batch against the micro-batches between compactions, at {found.load}. Query time "
        f"goes from {queries * first.query_s:.2f} to {queries * last.query_s:.2f} s, compaction from "
        f"{first.compaction_s:.2f} to {last.compaction_s:.2f} s; points are measured, with their 95 % intervals, curves the "
        f"law, which was not fitted on the diamonds at {found.held}. Its optimum is at {best:.1f} ({low:.1f} to {high:.1f}). "
        f"Below: write amplification, from {first.amplification:.2f} to {last.amplification:.2f}, with the limit "
        f"{OVERHEAD_LIMIT:g} as a line. A dashed line marks that optimum. Least was measured at {found.rung.every:.0f}"
        + (f"; noise does not tell it from every {found.near}." if found.near else ".")
    )
