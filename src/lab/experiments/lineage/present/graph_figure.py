"""The graph itself: tables from raw to mart, with the way to one column."""

from __future__ import annotations

from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns
from lab.evidence.result import Result

LAYERS = ("raw", "staged", "mart")
EXAMPLE = ("mart.airline_month", "above_average")  # whose upstream is drawn
_KINDS = ("its values", "decides on it", "other lineage")


def example(treatment: Result) -> pd.DataFrame:
    """What is upstream of EXAMPLE: source and kind."""
    table = treatment.tables["upstream"]
    return table[(table["mart"] == EXAMPLE[0]) & (table["column"] == EXAMPLE[1])][["source", "kind"]]


def graph(treatment: Result) -> Figure:
    """Tables as nodes with their number of columns, lineage as lines; what leads to EXAMPLE is coloured."""
    nodes = _nodes(treatment.tables["columns"])
    lines = _lines(treatment.tables["graph"], nodes, example(treatment))
    found = example(treatment)
    direct = int((found["kind"] == "DIRECT").sum())
    place = nodes.set_index("table")

    def chart(width: int) -> Any:
        step = width / (len(LAYERS) - 1)
        drawn = lines.assign(
            x=lines["source"].map(place["layer"]) * step,
            y=lines["source"].map(place["y"]),
            x2=lines["table"].map(place["layer"]) * step,
            y2=lines["table"].map(place["y"]),
        )
        x = alt.X("x:Q", scale=alt.Scale(domain=[-0.15 * width, 1.15 * width]), axis=None)
        y = alt.Y("y:Q", scale=alt.Scale(domain=[-0.6, nodes["y"].max() + 0.6], reverse=True), axis=None)
        colour = (
            alt.Color("kind:N", title=None, sort=list(_KINDS))
            .scale(domain=list(_KINDS), range=[theme.BLUE, theme.VERMILION, theme.GREY])
            .legend(columns=columns(width, 3, 1))
        )
        rules = (
            alt.Chart(drawn)
            .mark_rule(strokeWidth=1.5)
            .encode(
                x=x, y=y, x2="x2:Q", y2="y2:Q", color=colour,
                strokeDash=alt.StrokeDash("kind:N", sort=list(_KINDS))
                .scale(domain=list(_KINDS), range=[[1, 0], [5, 3], [2, 3]])
                .legend(None),
            )
        )  # fmt: skip
        shown = nodes.assign(x=nodes["layer"] * step)
        dots = alt.Chart(shown).mark_point(size=50, color=theme.GREY).encode(x=x, y=y)
        text = dots.mark_text(dy=-11, fontSize=11).encode(text="label:N")
        return (rules + dots + text).properties(width=width, height=44 * (nodes["y"].max() + 1))

    return Figure(
        f"{'.'.join(EXAMPLE)}: values from {direct} columns upstream, decided by {len(found) - direct}",
        f"{len(nodes)} tables in three layers, raw, staged and mart, with lines of lineage between them. Upstream of "
        f"{'.'.join(EXAMPLE)}: "
        + "; ".join(f"{source} ({kind.lower()})" for source, kind in found.to_numpy())
        + ".",
        chart,
        lines,
    )


def _nodes(listed: pd.DataFrame) -> pd.DataFrame:
    """A row for each table: layer, place in it, label."""
    sizes = listed.groupby("table", sort=False).size().rename("columns").reset_index()
    sizes["layer"] = (
        sizes["table"].str.partition(".")[0].map({name: place for place, name in enumerate(LAYERS)})
    )
    sizes["label"] = sizes["table"].str.partition(".")[2]
    counts = sizes.groupby("layer")["table"].transform("size")
    own = sizes.groupby("layer").cumcount()
    sizes["y"] = (own + 0.5) * counts.max() / counts - 0.5 + 0.25 * (sizes["layer"] == 1)
    return sizes


def _lines(edges: pd.DataFrame, nodes: pd.DataFrame, upstream: pd.DataFrame) -> pd.DataFrame:
    """A row for each pair of tables: whether an edge between them leads to EXAMPLE, and how."""
    kinds = dict(zip(upstream["source"], upstream["kind"], strict=True)) | {".".join(EXAMPLE): "DIRECT"}
    tables = {name.rpartition(".")[0] for name in kinds}
    rows = []
    for (source, table), part in edges.groupby(["source", "dataset"]):
        leads = [_leads(edge, kinds, tables) for edge in part.itertuples()]
        kind = next((name for name in _KINDS if name in leads), _KINDS[2])
        rows.append({"source": source, "table": table, "kind": kind, "edges": len(part)})
    return pd.DataFrame(rows)


def _leads(edge: Any, kinds: dict[str, str], tables: set[str]) -> str:
    source, target = f"{edge.source}.{edge.source_field}", f"{edge.dataset}.{edge.field}"
    if source not in kinds or not (target in kinds or (edge.field == "*" and edge.dataset in tables)):
        return _KINDS[2]
    straight = edge.type == "DIRECT" and kinds.get(target) == "DIRECT"
    return _KINDS[0] if straight else _KINDS[1]
