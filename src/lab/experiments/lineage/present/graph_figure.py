"""The graph itself: tables from raw to mart, with the way to one column."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns
from lab.evidence.result import Result

LAYERS = ("raw", "staged", "mart")
EXAMPLE = ("mart.airline_month", "above_average")  # whose upstream is drawn
_KINDS = ("its values", "decides on it", "other lineage")
_LETTER = 6  # px of a name's letter, about
_ALIGN: dict[Literal["right", "center", "left"], int] = {
    "right": -8,
    "center": 0,
    "left": 8,
}  # of names, by layer, and px from the layer


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
        leave, arrive = _ends(nodes, width)
        drawn = lines.assign(
            x=lines["source"].map(place["layer"]).map(dict(enumerate(leave))),
            y=lines["source"].map(place["y"]),
            x2=lines["table"].map(place["layer"]).map(dict(enumerate(arrive))),
            y2=lines["table"].map(place["y"]),
        )
        x = alt.X("x:Q", scale=alt.Scale(domain=[0, width]), axis=None)
        y = alt.Y("y:Q", scale=alt.Scale(domain=[-1.2, nodes["y"].max() + 0.6], reverse=True), axis=None)
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
        names = _names(nodes, leave, arrive)
        dots = alt.Chart(names[names["dot"]]).mark_point(size=50, color=theme.GREY).encode(x=x, y=y)
        texts = [
            alt.Chart(names[(names["align"] == align) & (names["weight"] == weight)])
            .mark_text(align=align, dx=dx, fontSize=11, fontWeight=weight)
            .encode(x=x, y=y, text="label:N")
            for align, dx in _ALIGN.items()
            for weight in ("normal", "bold")
        ]
        height = 40 * (nodes["y"].max() + 1.8)
        return alt.layer(rules, dots, *texts).properties(width=width, height=height)

    return Figure(
        f"{'.'.join(EXAMPLE)}: values from {direct} columns upstream, decided by {len(found) - direct}",
        f"{len(nodes)} tables in three layers, raw, staged and mart, with lines of lineage between them. Upstream of "
        f"{'.'.join(EXAMPLE)}: "
        + "; ".join(f"{source} ({kind.lower()})" for source, kind in found.to_numpy())
        + ".",
        chart,
        lines,
    )


def _ends(nodes: pd.DataFrame, width: int) -> tuple[list[float], list[float]]:
    """Where lines leave each layer, and where they arrive, px. Names stand outside of the lines, those in the middle between."""
    left, middle, right = (
        _LETTER * nodes[nodes["layer"] == n]["label"].str.len().max() + 10 for n in range(3)
    )
    centre = (left + width - right) / 2
    return [left, centre + middle / 2, width - right], [left, centre - middle / 2, width - right]


def _names(nodes: pd.DataFrame, leave: list[float], arrive: list[float]) -> pd.DataFrame:
    """A row for each name and its place: of the tables, and above them, in bold, of the layers."""
    tables = nodes[["layer", "label", "y"]].assign(weight="normal", dot=nodes["layer"] != 1)
    heads = pd.DataFrame(
        {"layer": range(len(LAYERS)), "label": LAYERS, "y": -0.9, "weight": "bold", "dot": False}
    )
    both = pd.concat([tables, heads], ignore_index=True)
    both["x"] = both["layer"].map(lambda layer: (leave[layer] + arrive[layer]) / 2)
    return both.assign(align=both["layer"].map(dict(enumerate(_ALIGN))))


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
