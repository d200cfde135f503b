"""Figures of one run: file sizes against the model, layouts before and after, bytes read, compaction intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lab.charts import alt, presets, theme
from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.parquet_compaction.measure.query_times import DISK, STORE
from lab.experiments.parquet_compaction.present.findings import CONTROL, Findings, findings
from lab.experiments.parquet_compaction.present.interval_figure import compaction_interval

_STATES = ["before", "after"]
_KIND, _MODEL = "measured (bars: range)", "model, fitted on smaller scans"


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "file_sizes": file_sizes(found),
        "layouts": layouts(found),
        "bytes_scanned": bytes_scanned(found),
        "compaction_interval": compaction_interval(found),
    }


def file_sizes(found: Findings) -> Figure:
    """The large scan's time against the size of its files, and what the model says of it."""
    data = found.scans.assign(megabytes=found.scans["file_bytes"] / 1e6, kind=_KIND)
    curve = _curve(found)

    seconds = f"scan of {found.scan_bytes / 1e6:,.0f} MB, s"

    def chart(width: int) -> Any:
        place: dict[str, Any] = {
            "x": presets.log_x("megabytes", "MB of a file", data["megabytes"], format="~g"),
            "y": alt.Y("seconds:Q", title=seconds).scale(zero=True),
        }
        color = alt.Color("kind:N", title=None).scale(domain=[_KIND], range=[theme.BLUE])
        line = alt.Chart(curve).mark_line(color=theme.GREY)
        line = line.encode(**place, strokeDash=presets.reference([_MODEL], 1))
        points = alt.Chart(data).encode(**place, color=color)
        spread = points.mark_rule(strokeWidth=2).encode(y=alt.Y("least:Q", title=seconds), y2="most:Q")
        layers = line + spread + points.mark_point(size=110, opacity=1)
        return layers.properties(width=width, height=240)

    told = "; ".join(
        f"{row.megabytes:.1f} MB {row.seconds:.2f} s (model {row.predicted:.2f} s)"
        for row in data.itertuples()
    )
    return Figure(
        f"In the smallest files the same scan takes {found.scans['times'].iloc[0]:.1f} times as long as the quickest",
        f"Time of a full scan of the same {found.scan_bytes / 1e6:,.0f} MB against the size of the files that hold it, sizes on "
        f"a logarithmic axis, bars from the quickest to the slowest timing: {told}.",
        chart,
        data[["kind", "files", "megabytes", "seconds", "least", "most", "predicted"]],
    )


def _curve(found: Findings) -> pd.DataFrame:
    """The model, from the smallest to the largest files."""
    sizes = np.geomspace(found.scans["file_bytes"].min(), found.scans["file_bytes"].max(), 40)
    seconds = found.model.predict(found.scan_bytes / sizes, found.scans["bytes"].median())
    return pd.DataFrame({"megabytes": sizes / 1e6, "seconds": seconds, "reference": _MODEL})


def by_state() -> Any:
    """Before compaction orange, after it blue."""
    scale = alt.Scale(domain=_STATES, range=[theme.VERMILION, theme.BLUE])
    return alt.Color("state:N", title="compaction", scale=scale)


def layouts(found: Findings) -> Figure:
    """Average query time of each layout before and after compaction, the control too; beside it on the local disk."""
    rows = pd.concat([found.tables["layouts"], found.control], ignore_index=True)
    places = {STORE: f"object store, {found.round_trip_ms:.3g} ms away", DISK: "local disk"}
    data = pd.concat([_over_link(rows), _on_disk(found)], ignore_index=True)
    data["place"] = data["place"].map(places)

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            y=alt.Y("layout:N", title=None, sort=rows["layout"].tolist()).axis(minExtent=105, labelLimit=130)
        )
        x = alt.X("seconds:Q", title="average query time, s (bars: range)").scale(zero=True).axis(tickCount=4)
        spread = base.mark_rule(strokeWidth=2).encode(x=x, x2="most:Q", color=by_state())
        spread = spread.encode(x=alt.X("least:Q", title="average query time, s (bars: range)"))
        points = base.mark_point(size=110, opacity=1).encode(x=x, color=by_state(), shape=_shape())
        layer = (spread + points).properties(width=width - 60, height=alt.Step(30))
        return layer.facet(row=presets.panels("place", list(places.values()))).resolve_scale(y="independent")

    control, ratios = found.control.iloc[0], found.layouts["ratio"]
    low, high, own = ratios.min(), ratios.max(), control.seconds_before / control.seconds_after
    who = "all layouts" if low <= own <= high else f"all but {CONTROL}"
    return Figure(
        f"Compaction makes {who} {low:.1f} to {high:.1f} times as fast on the object store",
        "Average query time before and after compaction, a row for each layout, all on the same log, over the link and on the "
        "local disk; bars reach from the quickest to the slowest timings. "
        + " ".join(
            f"{row.layout}: {row.seconds_before:.2f} s with {row.files_before:.0f} files, "
            f"{row.seconds_after:.2f} s with {row.files_after:.0f}."
            for _, row in found.layouts.iterrows()
        )
        + f" The control, {CONTROL}, keeps its {control.files_after:.0f} files: {control.seconds_before:.2f} s before, "
        f"{control.seconds_after:.2f} s after. On the disk compaction makes queries {found.gain(DISK):.1f} times as fast.",
        chart,
        data,
    )


def _over_link(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per layout and state, with what a table beside the picture needs."""
    names = {"seconds": "seconds", "least": "least", "most": "most", "files": "files", "small": "small files"}
    parts = [
        rows[[f"{name}_{state}" for name in names]].set_axis(list(names.values()), axis=1).assign(state=state)
        for state in _STATES
    ]
    return pd.concat([part.assign(layout=rows["layout"], place=STORE) for part in parts], ignore_index=True)


def _on_disk(found: Findings) -> pd.DataFrame:
    cells = found.tables["cells"]
    rows = cells[(cells["place"] == DISK) & cells["layout"].isin(found.tables["layouts"]["layout"])]
    means = rows.groupby(["layout", "state", "place"], as_index=False, sort=False)
    return means[["seconds", "least", "most"]].mean()


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
        f"Once compacted, the layout decides whether a point query reads {high.bytes / low.bytes:.1f} times as much",
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
