"""Pictures of what is mapped, asked and wrong: by kind of drift, by evidence, and beside other matchers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, panels
from lab.evidence.result import Result
from lab.experiments.etl_drift.judge.metrics import OUTCOMES, shares
from lab.experiments.etl_drift.present.figures_load import history, locks, rerun
from lab.experiments.etl_drift.present.findings import Findings, findings, percent

_COLOURS = [theme.BLUE, theme.SKY, theme.VERMILION]
_WAYS = ("by values", "by exact name")


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "decided": _decided(found),
        "evidence": _evidence(found),
        "matchers": _matchers(found),
        "history": history(found),
        "rerun": rerun(found),
        "locks": locks(found),
    }


def _decided(found: Findings) -> Figure:
    tables = [table[table["touched"]] for table in (found.census, found.names)]
    parts = [
        (way, kind, outcome, count)
        for way, table in zip(_WAYS, tables, strict=True)
        for kind, part in table.groupby("kind", sort=False)
        for outcome, count in part["outcome"].value_counts().items()
    ]
    data = pd.DataFrame(parts, columns=["way", "kind", "outcome", "columns"])
    kinds = list(dict.fromkeys(data["kind"]))

    def chart(width: int) -> Any:
        bars = (
            alt.Chart(data)
            .mark_bar()
            .encode(
                x=alt.X("columns:Q", stack="normalize", title="columns of the target").axis(format="%"),
                y=alt.Y("kind:N", sort=kinds, title=None),
                color=alt.Color("outcome:N", sort=list(OUTCOMES), title=None)
                .scale(domain=list(OUTCOMES), range=_COLOURS)
                .legend(columns=columns(width, 3, 3)),
                order=alt.Order("rank:Q"),
                row=panels("way", list(_WAYS)),
            )
            .transform_calculate(rank="indexof(['right', 'asked', 'wrong'], datum.outcome)")
        )
        return bars.properties(width=width, height=16 * len(kinds))

    wrong = [int((table["outcome"] == "wrong").sum()) for table in tables]
    told = "; ".join(
        f"{kind}: {percent(shares(part)['right'])} right, {percent(shares(part)['asked'])} asked"
        for kind, part in tables[0].groupby("kind", sort=False)
    )
    return Figure(
        f"Of {len(tables[0]):,} drifting columns {wrong[0]} are decided wrongly by values, {wrong[1]} by exact name",
        "Share of the columns that a drift concerns that were decided rightly, asked, or decided wrongly, by kind of drift, over "
        f"{found.cases} drifts; above by values, below by exact name. By values: {told}.",
        chart,
        data,
    )


def _evidence(found: Findings) -> Figure:
    table = found.treatment.tables["tried"]
    parts = [
        (
            int(str(shared)),
            percent(shares(part)["wrong"], 1),
            1 - shares(part)["asked"],
            int((part["outcome"] == "wrong").sum()),
        )
        for shared, part in table[table["threshold"] == found.params.threshold].groupby("shared")
    ]
    data = pd.DataFrame(parts, columns=["shared rows", "share wrong", "automatic", "wrong"])
    data["label"] = [f"{wrong} wrong" for wrong in data["wrong"]]

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=alt.X("shared rows:Q", title="rows that the source delivers again")
            .scale(domain=[0, int(data["shared rows"].max())], padding=24)
            .axis(values=list(data["shared rows"])),
            y=alt.Y("automatic:Q", title="columns decided without asking")
            .axis(format="%")
            .scale(domain=[0, 1]),
        )
        labels = base.mark_text(dy=-12, color="currentColor").encode(text="label:N")
        return (base.mark_line(point=True) + labels).properties(width=width, height=220)

    least, used = data.iloc[0], data[data["shared rows"] == found.params.shared]
    most = used.iloc[0] if len(used) else data.iloc[-1]
    return Figure(
        f"With {most['shared rows']} shared rows {percent(most['automatic'])} is decided unasked, with {least['shared rows']} "
        f"{percent(least['automatic'])}",
        f"Share of columns decided without asking against the number of shared rows, every twelfth drift, threshold "
        f"{found.params.threshold:g}; each point is labelled with the columns that were wrong. "
        + " ".join(f"{row[1]} rows: {percent(row[3])}, {row[4]} wrong." for row in data.itertuples()),
        chart,
        data.drop(columns="label"),
    )


def _matchers(found: Findings) -> Figure:
    table = found.treatment.tables["matchers"]
    targets = len(table[["kind", "case"]].drop_duplicates()) * int(table["target"].nunique())
    rows = [
        (name, threshold, float(over["right"].sum()) / targets, float((~over["right"]).sum()))
        for name, part in table.groupby("matcher")
        for threshold in sorted({round(score, 2) for score in part["score"]})
        for over in [part[part["score"] >= threshold]]
        if len(over)
    ]
    data = pd.DataFrame(rows, columns=["matcher", "threshold", "right", "wrong"])
    own = found.census
    ours = pd.DataFrame(
        [
            (
                "this mapping",
                found.params.threshold,
                shares(own)["right"],
                float((own["outcome"] == "wrong").sum()),
            )
        ],
        columns=data.columns,
    )
    data = pd.concat([data, ours], ignore_index=True)
    names = list(dict.fromkeys(data["matcher"]))

    def chart(width: int) -> Any:
        points = (
            alt.Chart(data)
            .mark_point(size=60, opacity=0.8)
            .encode(
                x=alt.X("right:Q", title="columns matched rightly").axis(format="%").scale(domain=[0, 1]),
                y=alt.Y("wrong:Q", title="wrong matches"),
                color=alt.Color("matcher:N", sort=names, title=None)
                .scale(domain=names, range=[theme.ORANGE, theme.PURPLE, theme.BLUE])
                .legend(columns=columns(width, 3, 1)),
                shape=alt.Shape("matcher:N", sort=names, title=None)
                .scale(domain=names, range=["circle", "square", "triangle-up"])
                .legend(columns=columns(width, 3, 1)),
                tooltip=["matcher", "threshold", "right", "wrong"],
            )
        )
        return points.properties(width=width, height=220)

    safe = [found.value(f"safe_share_{name.split(',')[0].lower()}") for name in names[:-1]]
    return Figure(
        f"Without a wrong match valentine finds at most {percent(max(safe))} of the columns",
        "Wrong matches against the share of the target's columns that are matched rightly, for every threshold of valentine's "
        "two matchers on every sixth drift, and this mapping on all drifts. "
        + " ".join(
            f"{name}: at most {percent(part['right'].max())} right, then {part['wrong'].max():.0f} wrong."
            for name, part in data.groupby("matcher")
        ),
        chart,
        data,
    )
