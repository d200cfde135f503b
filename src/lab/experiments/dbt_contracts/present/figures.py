"""Three pictures: who notices which change, what each layer is worth alone, how long it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, log_x, log_y, reference
from lab.evidence.result import Result
from lab.experiments.dbt_contracts.judge import growth
from lab.experiments.dbt_contracts.judge.layers import BUILD, CONSTRAINT, CONTRACT, NOBODY, TEST, UNIT
from lab.experiments.dbt_contracts.present.findings import (
    ARMS,
    BENIGN,
    MEANING,
    NAMES,
    RULES,
    Findings,
    findings,
)
from lab.experiments.dbt_contracts.workload.arms import LAYERS, TESTS
from lab.experiments.dbt_contracts.workload.mutants import MEANING as MEANING_KINDS
from lab.experiments.dbt_contracts.workload.mutants import RULES as RULE_KINDS
from lab.experiments.dbt_contracts.workload.mutants import SCHEMA as SCHEMA_KINDS

# From the loudest to silence; of several variants of a change the last one is shown.
SHOWN = (CONTRACT, TEST, CONSTRAINT, UNIT, BUILD, NOBODY)
_COLOURS = [theme.BLUE, theme.SKY, theme.GREEN, theme.PURPLE, theme.ORANGE, theme.VERMILION]
_KINDS = (*SCHEMA_KINDS, *RULE_KINDS, *MEANING_KINDS)


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {"matrix": _matrix(found), "alone": _alone(found), "times": _times(found)}


def _matrix(found: Findings) -> Figure:
    rows = found.changes(LAYERS)
    rows = rows[rows["group"] != BENIGN]
    rank = rows["layer"].map(SHOWN.index)
    cells = (
        rows.assign(rank=rank)
        .sort_values("rank", kind="stable")
        .groupby(["table", "column", "kind"], sort=False)
        .last()
    )
    data = cells.reset_index()[["table", "column", "kind", "layer"]]
    data["source column"] = data["table"] + "." + data["column"]
    order = list(dict.fromkeys(rows["table"] + "." + rows["column"]))
    kinds = [kind for kind in _KINDS if kind in set(data["kind"])]

    def chart(width: int) -> Any:
        cell = (
            alt.Chart(data)
            .mark_rect(stroke="white", strokeWidth=1)
            .encode(
                x=alt.X("kind:N", sort=kinds, title="change of the source").axis(
                    orient="top", labelAngle=-90
                ),
                y=alt.Y("source column:N", sort=order, title=None).axis(labelLimit=190),
                color=_layers(width),
            )
        )
        return cell.properties(width=width, height=17 * len(order))

    missed = found.noticed(LAYERS, MEANING)
    text = "; ".join(f"{row.mutant} ({row.layer})" for row in found.missed.itertuples()) or "none"
    return Figure(
        f"Contracts and tests see all but {missed.of - missed.count} of {len(rows)} breaking changes",
        "A cell for each column of the source and each change that applies to it, coloured by the layer that notices it; of "
        f"several variants the one that is noticed least. Noticed by no contract, constraint or test: {text}.",
        chart,
        data,
    )


def _alone(found: Findings) -> Figure:
    parts = []
    for arm in ARMS:
        for group in (NAMES, RULES, MEANING):
            own = found.changes(arm, group)
            if len(own) == len(
                found.changes(LAYERS, group)
            ):  # a run that is no sweep tries some arms on a part only
                counts = own["layer"].value_counts()
                parts += [(arm.name, group, layer, int(counts.get(layer, 0)), len(own)) for layer in SHOWN]
    data = pd.DataFrame(parts, columns=["run", "changes of", "layer", "changes", "of"])
    data["place"] = data["layer"].map(SHOWN.index)
    arms = [arm.name for arm in ARMS if arm.name in set(data["run"])]

    def chart(width: int) -> Any:
        bars = (
            alt.Chart(data[data["changes"] > 0])
            .mark_bar()
            .encode(
                x=alt.X("changes:Q", title="changes of the source"),
                y=alt.Y("changes of:N", sort=[NAMES, RULES, MEANING], title=None),
                color=_layers(width),
                order="place:Q",
            )
            .properties(width=width, height=alt.Step(22))
        )
        row = alt.Row("run:N", sort=arms, title=None).header(
            labelAngle=0, labelAnchor="start", labelOrient="top", labelPadding=2
        )
        return bars.facet(row=row, spacing=8).resolve_scale(y="independent")

    tests = found.noticed(TESTS, NAMES)
    return Figure(
        f"Tests alone leave {tests.of - tests.count} of {tests.of} changes of names and types unnoticed",
        "Numbers of breaking changes by the layer that notices them first, for each way to run the package and each group of "
        "changes that was tried in it. "
        + " ".join(
            f"{run}, {group}: " + ", ".join(f"{layer} {count}" for layer, count in counts.items()) + "."
            for (run, group), counts in _told(data).items()
        ),
        chart,
        data.drop(columns="place"),
    )


def _told(data: pd.DataFrame) -> dict[tuple[str, str], dict[str, int]]:
    """Changes by layer, for each run and group."""
    told: dict[tuple[str, str], dict[str, int]] = {}
    for run, group, layer, count, _ in (
        data[data["changes"] > 0].drop(columns="place").itertuples(index=False, name=None)
    ):
        told.setdefault((str(run), str(group)), {})[str(layer)] = int(count)
    return told


def _times(found: Findings) -> Figure:
    own = growth.parts(found.timed)
    data = own.groupby(["part", "orders"], sort=False)["seconds"].median().reset_index()
    order = [part for part in growth.PARTS.values() if part in set(data["part"])]
    sizes = sorted(set(data["orders"]))
    line = pd.DataFrame({"orders": sizes, "seconds": [found.law.at(size) for size in sizes]})
    line["reference"] = "model of the data tests"

    def chart(width: int) -> Any:
        x = log_x("orders", "orders in the source", data["orders"], ",d")
        y = log_y("seconds", "seconds of all nodes of a kind", data["seconds"])
        base = alt.Chart(data).encode(x=x, y=y)
        color = (
            alt.Color("part:N", sort=order, title=None)
            .scale(domain=order, range=[theme.BLUE, theme.GREEN, theme.VERMILION, theme.ORANGE][: len(order)])
            .legend(columns=columns(width, 2, 1))
        )
        law = (
            alt.Chart(line)
            .mark_line(color=theme.GREY)
            .encode(x=x, y=y, strokeDash=reference([*line["reference"][:1]], 1))
        )
        points = base.mark_point(size=60).encode(color=color)
        lines = base.mark_line(strokeWidth=1).encode(color=color)
        return (law + lines + points).properties(width=width, height=230)

    small, large = sizes[0], sizes[-1]
    ratio = found.seconds(growth.TESTS, large) / found.seconds(growth.TESTS, small)
    return Figure(
        f"{large / small:.0f} times the orders take {ratio:.1f} times the time of the data tests",
        "Seconds of all nodes of a kind against the orders in the source, on logarithmic axes, median over rounds, DuckDB, one "
        "thread, with the model of the data tests, dashed. "
        + " ".join(f"{row.part}, {row.orders:,} orders: {row.seconds:.2f} s." for row in data.itertuples()),
        chart,
        data,
    )


def _layers(width: int) -> Any:
    """Colour by layer, with one legend."""
    return (
        alt.Color("layer:N", sort=list(SHOWN), title="noticed by")
        .scale(domain=list(SHOWN), range=_COLOURS)
        .legend(columns=columns(width, 6, 3))
    )
