"""Four pictures of one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, reference
from lab.evidence.result import Result
from lab.experiments.reproducible_notebook.present.findings import STATUSES, Findings, findings, listed, steps

_COLOURS = [theme.BLUE, theme.ORANGE, theme.VERMILION]
_SHOWN = {"same bytes": "same bytes", "within": "within its class", "differs": "differs"}
_STEPS = ("kernel start", "imports", "other cells", "process and files")
IMPORTS = "cell 2"


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "environments": _environments(found),
        "distances": _distances(found),
        "careless": _careless(found),
        "steps": _steps(found),
    }


def _environments(found: Findings) -> Figure:
    data = found.pairs[["artefact", "environment", "status", "kind", "detail"]]
    counts = data["status"].value_counts()
    bytes_differ = len(data) - int(counts.get("same bytes", 0))
    return Figure(
        f"{found.compared[:1].upper()}{found.compared[1:]}; {bytes_differ} have other bytes",
        f"Artefacts against {len(found.environments)} environments, each compared with the first one's. "
        + ", ".join(f"{_SHOWN[name]}: {int(counts.get(name, 0))}" for name in STATUSES)
        + f". Environments with other bytes: {listed(found.other_bytes, 20)}.",
        lambda width: _matrix(data, width, found.environments),
        data,
    )


def _matrix(data: pd.DataFrame, width: int, order: Sequence[str]) -> Any:
    """A cell for each artefact and environment, coloured and shaped by what came of it."""
    shown = data.assign(result=data["status"].map(_SHOWN))
    names = list(_SHOWN.values())
    artefacts = list(dict.fromkeys(data["artefact"]))
    base = alt.Chart(shown).encode(
        x=alt.X("artefact:N", sort=artefacts, title=None).axis(labelAngle=-90, labelLimit=200, orient="top"),
        y=alt.Y("environment:N", sort=list(order), title=None),
    )
    points = base.mark_point(filled=True, size=110).encode(
        color=alt.Color("result:N", sort=names, title=None)
        .scale(domain=names, range=_COLOURS)
        .legend(columns=columns(width, 3, 1), orient="bottom"),
        shape=alt.Shape("result:N", sort=names).scale(domain=names, range=["circle", "diamond", "cross"]),
    )
    return points.properties(width=width, height=24 * len(order))


def _distances(found: Findings) -> Figure:
    data = found.pairs[found.pairs["artefact"].isin(("monthly.csv", "model.json"))].copy()
    data = data.assign(ulp=data["ulp"].fillna(0.0))[["artefact", "environment", "ulp", "detail"]]
    worst = data.sort_values("ulp").iloc[-1]
    limits = [f"allowed, {found.params.ulp} (our threshold)", f"model.json, {found.allowed:,.0f}"]
    lines = pd.DataFrame({"ulp": [found.params.ulp, found.allowed], "reference": limits})
    top = max(float(data["ulp"].max()), found.allowed)
    ticks = [0, *(4**power for power in range(20) if 4**power <= 2 * top)]

    def chart(width: int) -> Any:
        axis = alt.X("ulp:Q", title="largest difference, steps between doubles").scale(
            type="symlog", domain=[0, top * 1.3]
        )
        points = (
            alt.Chart(data)
            .mark_point(filled=True, size=80, opacity=0.85)
            .encode(
                x=axis.axis(values=ticks, format="d"),
                y=alt.Y("environment:N", sort=found.environments, title=None),
                color=alt.Color("artefact:N", title=None).legend(columns=columns(width, 2, 1)),
                shape=alt.Shape("artefact:N"),
            )
        )
        rule = (
            alt.Chart(lines)
            .mark_rule(color=theme.GREY)
            .encode(x="ulp:Q", strokeDash=reference(limits, columns(width, 2, 1)))
        )
        return (rule + points).properties(width=width, height=20 * len(found.environments))

    return Figure(
        f"Numbers differ by at most {steps(worst['ulp'])} between doubles ({worst['environment']})",
        "Largest distance of a number from the first environment's, in steps between neighbouring doubles, for each "
        f"environment and file of numbers; lines mark what is allowed: {found.params.ulp}, and for model.json "
        f"its condition number times as many, {found.allowed:,.0f}. Not zero in: "
        + (
            listed(
                [
                    f"{row.environment} ({row.artefact}, {row.ulp:.0f})"
                    for row in data[data["ulp"] > 0].itertuples()
                ],
                20,
            )
        )
        + ".",
        chart,
        data,
    )


def _careless(found: Findings) -> Figure:
    data = found.treatment.tables["careless"][["artefact", "environment", "status", "kind", "detail"]]
    again, changed = (int(found.value(f"caught_by_{how}")) for how in ("repeating", "changing"))
    data = data[~data["artefact"].str.startswith("cell ")]
    order = list(dict.fromkeys(data["environment"]))
    causes = found.treatment.tables["causes"]
    return Figure(
        f"Repeating catches {again} of {changed} faults; another hash seed catches the third"
        if changed == 3 and again == 2
        else f"Repeating catches {again} of {changed} faults that another hash seed shows",
        "The careless notebook's files in a second execution of the same environment and in one with another hash seed. "
        + " ".join(f"{row.artefact} differs {row.change}: {row.call}." for row in causes.itertuples()),
        lambda width: _matrix(data, width, order),
        data,
    )


def _steps(found: Findings) -> Figure:
    table = found.treatment.tables["steps"]
    names = table["step"].where(~table["step"].str.startswith("cell "), "other cells")
    names = names.mask(table["step"] == IMPORTS, "imports")
    data = (
        table.assign(part=names).groupby(["environment", "part"], sort=False)["seconds"].sum().reset_index()
    )
    totals = data.groupby("environment", sort=False)["seconds"].sum()
    start = float(
        data[data["part"].isin(("kernel start", "imports"))]["seconds"].sum() / data["seconds"].sum()
    )
    order = list(totals.index)

    def chart(width: int) -> Any:
        bars = (
            alt.Chart(data)
            .mark_bar()
            .encode(
                x=alt.X("seconds:Q", title="seconds, two executions side by side").axis(
                    tickCount=columns(width, 10, 4)
                ),
                y=alt.Y("environment:N", sort=order, title=None),
                color=alt.Color("part:N", sort=list(_STEPS), title=None).legend(columns=columns(width, 4, 2)),
                order=alt.Order("rank:Q"),
            )
            .transform_calculate(rank=f"indexof({list(_STEPS)}, datum.part)")
        )
        return bars.properties(width=width, height=20 * len(order))

    return Figure(
        f"The median execution takes {totals.median():.1f} s; {100 * start:.0f} % is kernel start and imports",
        f"Seconds of each execution by step, a bar for each of {len(order)} environments: kernel start, imports, the other "
        f"cells, process and files. The longest is {totals.idxmax()} with {totals.max():.1f} s, the shortest "
        f"{totals.idxmin()} with {totals.min():.1f} s.",
        chart,
        data,
    )
