"""Figures of time: against the number of files, and against what the model predicts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.experiments.parquet_compaction.aggregate import DISK, STORE
from lab.experiments.parquet_compaction.findings import Findings
from lab.experiments.parquet_compaction.params import HELD_OUT


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
            x=alt.X("files:Q", title="files opened")
            .scale(type="log", nice=False, padding=12)
            .axis(values=theme.decades(data["files"]), format=",d"),
            y=alt.Y("seconds:Q", title="time of a query, s")
            .scale(type="log")
            .axis(values=theme.decades(data["seconds"]), format="~g"),
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
