"""Three pictures: what reached the marts, each kind of rule by validator, how long it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, log_x, log_y, panels, reference
from lab.evidence.result import Result
from lab.experiments.contract_gate.judge import kinds, metrics
from lab.experiments.contract_gate.measure.times import CLI, DBT, GATE
from lab.experiments.contract_gate.present.findings import Findings, findings
from lab.experiments.contract_gate.workload.mutants import GOOD, GROUPS

_PASSED = "passed, mart not compared"  # of good changes, which may change it
_FATES = dict(
    zip(
        (*kinds.FATES, _PASSED),
        (theme.BLUE, theme.SKY, theme.GREEN, theme.VERMILION, theme.GREY),
        strict=True,
    )
)  # in the order in which they are drawn
_OUTCOMES = dict(zip(kinds.OUTCOMES, (theme.BLUE, theme.GREY, theme.VERMILION, theme.ORANGE), strict=True))
_HOW = {"without": "dbt alone", "with": "gate, then dbt"}


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {"reached": _reached(found), "kinds": _kinds(found), "times": _times(found)}


def _reached(found: Findings) -> Figure:
    long = found.fates.melt(["group", "change"], ["without", "with"], "how", "fate")
    long.loc[(long["group"] == GOOD) & (long["fate"] == kinds.RIGHT), "fate"] = _PASSED
    data = long.groupby(["how", "group", "fate"], sort=False).size().rename("changes").reset_index()
    data["run"], data["place"] = data["how"].map(_HOW), data["fate"].map([*_FATES].index)
    groups = [group for group in GROUPS if group in set(data["group"])]

    def chart(width: int) -> Any:
        bars = (
            alt.Chart(data)
            .mark_bar()
            .encode(
                x=alt.X("changes:Q", title="changes of the data"),
                y=alt.Y("group:N", sort=groups, title=None),
                color=alt.Color("fate:N", sort=[*_FATES], title="what came of it")
                .scale(domain=[*_FATES], range=[*_FATES.values()])
                .legend(columns=columns(width, 3, 2)),
                order="place:Q",
            )
            .properties(width=width, height=alt.Step(22))
        )
        return bars.facet(row=panels("run", [*_HOW.values()]), spacing=8)

    told = " ".join(
        f"{row.run}, {row.group}: {row.changes} {row.fate}." for row in data.itertuples(index=False)
    )
    stopped = found.prevented
    return Figure(
        f"The gate stops {stopped} changes that dbt alone turns into wrong marts",
        "Numbers of changes of the data by what came of them, with dbt alone and with the gate before it, for each group of "
        f"changes. {told}",
        chart,
        data.drop(columns=["how", "place"]),
    )


def _kinds(found: Findings) -> Figure:
    rows = found.confusion
    data = rows.groupby(["validator", "kind", "outcome"], sort=False).size().rename("rules").reset_index()
    data["place"] = data["outcome"].map(kinds.OUTCOMES.index)
    order = [kind for kind in kinds.KINDS if kind in set(data["kind"])]
    shown = [name for name in kinds.OUTCOMES if name in set(data["outcome"])]

    def chart(width: int) -> Any:
        bars = (
            alt.Chart(data)
            .mark_bar()
            .encode(
                x=alt.X("rules:Q", title="rules that a change broke"),
                y=alt.Y("kind:N", sort=order, title=None),
                color=alt.Color("outcome:N", sort=shown, title=None)
                .scale(domain=shown, range=[_OUTCOMES[name] for name in shown])
                .legend(columns=columns(width, 4, 2)),
                order="place:Q",
            )
            .properties(width=width, height=alt.Step(17))
        )
        return bars.facet(row=panels("validator", [kinds.GATE, kinds.CLI]), spacing=8)

    caught = found.caught(kinds.CLI)
    told = " ".join(
        f"{row.validator}, {row.kind}: {row.rules} {row.outcome}." for row in data.itertuples(index=False)
    )
    return Figure(
        f"datacontract-cli names {caught} broken rules, the gate {found.caught(kinds.GATE).count}",
        f"Numbers of rules that a change broke in a DuckDB file, by kind and by what each validator said of it. {told}",
        chart,
        data.drop(columns="place"),
    )


def _times(found: Findings) -> Figure:
    steps = (GATE, CLI, DBT)
    data = pd.DataFrame(
        [
            (step, orders, seconds)
            for step in steps
            for orders, seconds in metrics.medians(found.timed, step).items()
        ],
        columns=["step", "orders", "seconds"],
    )
    sizes = sorted(set(data["orders"]))
    line = pd.DataFrame({"orders": sizes, "seconds": [found.law.at(size) for size in sizes]})
    line["reference"] = "model of the gate"

    def chart(width: int) -> Any:
        x = log_x("orders", "orders in the data", data["orders"], ",d")
        y = log_y("seconds", "seconds", data["seconds"])
        base = alt.Chart(data).encode(x=x, y=y)
        color = (
            alt.Color("step:N", sort=[*steps], title=None)
            .scale(domain=[*steps], range=[theme.BLUE, theme.ORANGE, theme.GREEN])
            .legend(columns=columns(width, 3, 2))
        )
        law = (
            alt.Chart(line)
            .mark_line(color=theme.GREY)
            .encode(x=x, y=y, strokeDash=reference(["model of the gate"], 1))
        )
        points, lines = base.mark_point(size=60), base.mark_line(strokeWidth=1)
        return (law + lines.encode(color=color) + points.encode(color=color)).properties(
            width=width, height=230
        )

    large = sizes[-1]
    return Figure(
        f"At {large:,} orders the gate adds {found.seconds(GATE, large):.2f} seconds",
        "Seconds of the gate, of datacontract-cli and of the dbt run on DuckDB files against the orders in them, on logarithmic "
        "axes, median over rounds, with the model of the gate, dashed. "
        + " ".join(f"{row.step}, {row.orders:,} orders: {row.seconds:.2f} s." for row in data.itertuples()),
        chart,
        data,
    )
