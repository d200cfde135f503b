"""Figures by layout: average query time, and bytes that each query reads."""

from __future__ import annotations

from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.experiments.parquet_compaction.aggregate import STORE
from lab.experiments.parquet_compaction.findings import CONTROL, Findings

_STATES = ["before", "after"]


def by_state() -> Any:
    """Before compaction orange, after it blue."""
    scale = alt.Scale(domain=_STATES, range=[theme.VERMILION, theme.BLUE])
    return alt.Color("state:N", title="compaction", scale=scale)


def layouts(found: Findings) -> Figure:
    """Average query time of each layout before and after compaction, the control too."""
    rows = pd.concat([found.tables["layouts"], found.control], ignore_index=True)
    data = pd.concat(
        [
            pd.DataFrame(
                {
                    "layout": rows["layout"],
                    "state": state,
                    "seconds": rows[f"seconds_{state}"],
                    "least": rows[f"least_{state}"],
                    "most": rows[f"most_{state}"],
                    "files": rows[f"files_{state}"],
                    "small files": rows[f"small_{state}"],
                    "requests": rows[f"requests_{state}"],
                }
            )
            for state in _STATES
        ],
        ignore_index=True,
    )

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            y=alt.Y("layout:N", title=None, sort=rows["layout"].tolist()).axis(minExtent=105, labelLimit=130)
        )
        x = (
            alt.X("seconds:Q", title="average query time, s")
            .scale(zero=True)
            .axis(tickCount=4 if width == theme.NARROW else 6)
        )
        lines = base.mark_line(color=theme.GREY).encode(x=x, detail="layout:N")
        spread = base.mark_rule(strokeWidth=2).encode(x="least:Q", x2="most:Q", color=by_state())
        points = base.mark_point(size=110, opacity=1).encode(x=x, color=by_state(), shape=_shape())
        return (lines + spread + points).properties(width=width - 60, height=36 * len(rows))

    least, most = found.least, found.most
    control = found.control.iloc[0]
    return Figure(
        f"Compaction makes the average query {least.ratio:.1f} times as fast in the layout that gains least "
        f"({least.layout}), {most.ratio:.1f} times in the one that gains most ({most.layout})",
        "Average query time before and after compaction, a row for each layout, all on the same log; bars reach from the "
        "quickest to the slowest timings. "
        + " ".join(
            f"{row.layout}: {row.seconds_before:.2f} s with {row.files_before:.0f} files, "
            f"{row.seconds_after:.2f} s with {row.files_after:.0f}."
            for _, row in found.layouts.iterrows()
        )
        + f" The control, {CONTROL}, keeps its {control.files_after:.0f} files: {control.seconds_before:.2f} s before, "
        f"{control.seconds_after:.2f} s after.",
        chart,
        data,
    )


def _shape() -> Any:
    scale = alt.Scale(domain=_STATES, range=["circle", "diamond"])
    return alt.Shape("state:N", title="compaction", scale=scale)


def bytes_scanned(found: Findings) -> Figure:
    """Bytes that each query reads over the link, by layout, before and after compaction."""
    cells = found.tables["cells"]
    data = cells[cells["place"] == STORE][["query", "layout", "state", "files", "requests", "bytes"]]
    data = data.assign(megabytes=data["bytes"] / 1e6).reset_index(drop=True)
    queries = ["point", "range", "full scan"]
    queries += [name for name in data["query"].unique() if name not in queries]

    def chart(width: int) -> Any:
        columns = 1 if width == theme.NARROW else 2
        panel = (width - 30) // columns - 60 * (columns - 1)
        bars = alt.Chart(data).encode(
            x=alt.X("megabytes:Q", title="MB read").axis(tickCount=4),
            y=alt.Y("layout:N", title=None, sort=list(found.params.layouts)).axis(minExtent=75),
            yOffset=alt.YOffset("state:N", sort=_STATES),
            color=by_state(),
        )
        return (
            bars.mark_bar()
            .properties(width=panel, height=110)
            .facet(
                facet=alt.Facet("query:N", title=None, sort=queries).header(labelAnchor="start"),
                columns=columns,
            )
            .resolve_scale(x="independent")
        )

    point = data[(data["query"] == "point") & (data["state"] == "after")]
    low, high = point.loc[point["bytes"].idxmin()], point.loc[point["bytes"].idxmax()]
    return Figure(
        f"Once compacted and sorted, a point query reads {low.bytes / 1e3:,.0f} kB in the layout {low.layout}, "
        f"{high.bytes / 1e3:,.0f} kB in the layout {high.layout}; a full scan reads as much everywhere",
        "Bytes read over the link by each query, a panel for each with its own axis, a pair of bars for each layout: before and "
        "after compaction. " + " ".join(_told(data, query) for query in queries),
        chart,
        data,
    )


def _told(data: pd.DataFrame, query: str) -> str:
    rows = data[(data["query"] == query) & (data["state"] == "after")]
    return (
        f"{query}, compacted: {rows['megabytes'].min():.1f} MB ({rows.loc[rows['bytes'].idxmin(), 'layout']}) to "
        f"{rows['megabytes'].max():.1f} MB ({rows.loc[rows['bytes'].idxmax(), 'layout']})."
    )
