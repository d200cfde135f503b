"""Figures of one run: files, layouts, bytes, and the cost model held against the clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.parquet_compaction.measure.query_times import DISK, STORE
from lab.experiments.parquet_compaction.params import HELD_OUT
from lab.experiments.parquet_compaction.present.findings import CONTROL, Findings, findings
from lab.experiments.parquet_compaction.present.frequency_figure import trade_off

_STATES = ["before", "after"]


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "files_time": files_time(found),
        "layouts": layouts(found),
        "bytes_scanned": bytes_scanned(found),
        "predicted": predicted(found),
        "trade_off": trade_off(found),
    }


def files_time(found: Findings) -> Figure:
    """Every query's time against the number of files that it opened, over the link and on the disk."""
    names = {STORE: f"object store, {found.params.rtt_ms:g} ms away", DISK: "local disk"}
    cells = found.tables["cells"][["place", "files", "seconds", "layout", "query", "state"]]
    sizes = found.tables["sizes"][["place", "files", "seconds"]].assign(
        layout="same rows", query="full scan", state="written so"
    )
    data = pd.concat([cells, sizes], ignore_index=True)
    data["place"] = data["place"].map(names)

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=presets.log_x("files", "files opened", data["files"], format=",d"),
            y=presets.log_y("seconds", "time of a query, s", data["seconds"], format="~g"),
            color=alt.Color("place:N", title=None)
            .scale(domain=list(names.values()), range=[theme.BLUE, theme.ORANGE])
            .legend(orient="top", direction="vertical"),
        )
        lines = base.mark_line(point=False).transform_filter("datum.layout == 'same rows'")
        points = base.mark_point(size=55, opacity=0.8).transform_filter("datum.layout != 'same rows'")
        return (lines + points).properties(width=width, height=300)

    few, many = found.size(STORE, most=False), found.size(STORE, most=True)
    return Figure(
        f"Over the link a file costs {found.model.open_s * 1e3:.0f} ms, on the disk {found.disk.open_s * 1e3:.2g} ms: in "
        f"{many.files:.0f} files instead of {few.files:.0f} the same rows take {found.slowdown(STORE):.1f} times as long, on "
        f"the disk {found.slowdown(DISK):.1f} times",
        f"Time of each query against the files that it opened, both axes logarithmic, a point for each query, "
        f"layout and state; lines are one full scan of the same rows in {few.files:.0f} to {many.files:.0f} files. "
        f"Over the link the line rises from {few.seconds:.2f} s to {many.seconds:.2f} s, on the disk from "
        f"{found.size(DISK, False).seconds:.3f} s to {found.size(DISK, True).seconds:.3f} s.",
        chart,
        data,
    )


def predicted(found: Findings) -> Figure:
    """Predicted against measured time of each query over the link; the held-out layout apart."""
    kinds = ["fitted layouts", f"held out: {HELD_OUT}", "file sizes (not fitted)", "growing log (not fitted)"]
    rows = found.tables["predictions"].assign(
        kind=lambda table: np.where(table["fitted"], kinds[0], kinds[1])
    )
    sizes = found.tables["sizes"].dropna(subset="predicted").assign(kind=kinds[2])
    looks = found.tables["looks"].assign(kind=kinds[3])
    columns = ["kind", "files", "seconds", "predicted"]
    data = pd.concat([part[columns] for part in (rows, sizes, looks)], ignore_index=True)
    end = float(data[["seconds", "predicted"]].max().max()) * 1.05
    diagonal = pd.DataFrame({"seconds": [0, end], "predicted": [0, end]})

    def chart(width: int) -> Any:
        axes = {
            "x": alt.X("seconds:Q", title="measured, s").axis(tickCount=5),
            "y": alt.Y("predicted:Q", title="predicted, s").axis(tickCount=5),
        }
        points = alt.Chart(data).mark_point(size=70, opacity=0.85)
        colours = [theme.GREY, theme.VERMILION, theme.BLUE, theme.GREEN]
        points = points.encode(
            **axes,
            color=alt.Color("kind:N", title=None)
            .scale(domain=kinds, range=colours)
            .legend(direction="vertical"),
            shape=alt.Shape("kind:N", title=None).scale(domain=kinds),
        )
        line = (
            alt.Chart(diagonal).mark_line(strokeDash=[4, 4], color=theme.GREY, strokeWidth=1).encode(**axes)
        )
        return (line + points).properties(width=width, height=min(width, 320))

    error = (data["predicted"] / data["seconds"] - 1).abs()
    own, others = error[data["kind"] == kinds[1]], error[data["kind"].isin(kinds[2:])]
    return Figure(
        f"Three constants predict the layout that they were not fitted on: a single query to {own.median():.0%} (median), its "
        f"worst to {own.max():.0%}",
        f"Predicted against measured query time over the link; the dashed line is where both agree. The model "
        f"was fitted on the grey points only (R² {found.model.r2:.2f}). Error of the held-out layout: median "
        f"{own.median():.0%}, at most {own.max():.0%}; of full scans of other file sizes and of a growing log: "
        f"median {others.median():.0%}, at most {others.max():.0%}.",
        chart,
        data,
    )


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
