"""Three pictures of what is found, in which order, and how fresh."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import columns, log_x
from lab.evidence.result import Result
from lab.experiments.data_catalog.judge.observations import SHARE
from lab.experiments.data_catalog.params import TODAY
from lab.experiments.data_catalog.present.figures_service import latency, search_time, vocabulary
from lab.experiments.data_catalog.present.findings import ARMS, Findings, findings, percent
from lab.experiments.data_catalog.workload.arms import LIKE, POSTGRES, SQLITE

_COLOURS = [theme.BLUE, theme.SKY, theme.GREEN, theme.ORANGE, theme.VERMILION]
_SHAPES = ["circle", "diamond", "square", "triangle-up", "cross"]
_SHOWN = {
    "ndcg": "nDCG@10",
    "mrr": "MRR",
    "r_precision": "R-precision",
    "precision": "precision@10",
    "recall": "recall@10",
}


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "found": _found(found),
        "ranking": _ranking(found),
        "freshness": _freshness(found),
        "latency": latency(found),
        "search_time": search_time(found),
        "vocabulary": vocabulary(found),
    }


def _found(found: Findings) -> Figure:
    grouped = found.queries.groupby(["kind", "form", "arm"], sort=False)["success"].agg(["mean", "count"])
    data = grouped.reset_index().rename(columns={"mean": "share", "count": "queries"})
    data["asked"] = data["kind"] + ", " + data["form"]
    rows = list(dict.fromkeys(data["asked"]))
    lines = pd.DataFrame({"share": [SHARE], "line": [f"acceptance, {percent(SHARE)}"]})

    def chart(width: int) -> Any:
        points = (
            alt.Chart(data)
            .mark_point(size=70, opacity=0.85)
            .encode(
                x=alt.X("share:Q", title="queries with a relevant dataset in the first ten")
                .axis(format="%")
                .scale(domain=[0, 1]),
                y=alt.Y("asked:N", sort=rows, title=None),
                yOffset=alt.YOffset("arm:N", sort=list(ARMS)),
                **_arms(width),
            )
        )
        rule = alt.Chart(lines).mark_rule(color=theme.GREY).encode(x="share:Q", strokeDash=_dashed())
        return (rule + points).properties(width=width, height=34 * len(rows))

    ours, like = (found.by_form("typo", arm) for arm in (SQLITE, LIKE))
    return Figure(
        f"Mistyped queries still find theirs in {percent(ours)} of cases, by LIKE in {percent(like)}",
        "Share of queries with a relevant dataset in the first ten, by kind and form of the query, a mark for each way to "
        "search; a dashed line marks 90 %. "
        + " ".join(
            f"{arm}: exact {percent(found.by_form('exact', arm))}, prefix {percent(found.by_form('prefix', arm))}, "
            f"typo {percent(found.by_form('typo', arm))}."
            for arm in ARMS
        ),
        chart,
        data,
    )


def _ranking(found: Findings) -> Figure:
    data = pd.DataFrame(
        {"arm": arm, "measure": shown, "value": found.of(name, arm)}
        for name, shown in _SHOWN.items()
        for arm in ARMS
    )

    def chart(width: int) -> Any:
        points = (
            alt.Chart(data)
            .mark_point(size=80, opacity=0.85)
            .encode(
                x=alt.X("value:Q", title="mean over common queries").scale(domain=[0, 1]),
                y=alt.Y("measure:N", sort=list(_SHOWN.values()), title=None),
                yOffset=alt.YOffset("arm:N", sort=list(ARMS)),
                **_arms(width),
            )
        )
        return points.properties(width=width, height=200)

    ours, theirs, like = (found.of("r_precision", arm) for arm in (SQLITE, POSTGRES, LIKE))
    return Figure(
        f"R-precision: {ours:.2f} by BM25, {theirs:.2f} by ts_rank, {like:.2f} by LIKE",
        "Means of five measures over all common queries, a mark for each way to search. Precision at ten is bounded: most "
        "queries have fewer than ten relevant datasets. "
        + " ".join(
            f"{arm}: "
            + ", ".join(f"{shown} {found.of(name, arm):.2f}" for name, shown in _SHOWN.items())
            + "."
            for arm in ARMS
        ),
        chart,
        data,
    )


def _freshness(found: Findings) -> Figure:
    data = found.boosts.reset_index()
    data["boost in use"] = ["yes" if boost == found.params.boost else "no" for boost in data["boost"]]
    data["label"] = [f"{boost:g}" for boost in data["boost"]]
    none, used = data.iloc[0], data[data["boost"] == found.params.boost].iloc[0]

    def chart(width: int) -> Any:
        base = alt.Chart(data).encode(
            x=log_x("age", "mean age of the first ten, days", data["age"]),
            y=alt.Y("ndcg:Q", title="nDCG@10").scale(zero=False, padding=14),
        )
        line = base.mark_line(color=theme.GREY, strokeWidth=1).encode(order="boost:Q")
        points = base.mark_point(size=80).encode(
            color=alt.Color("boost in use:N", sort=["yes", "no"])
            .scale(domain=["yes", "no"], range=[theme.VERMILION, theme.BLUE])
            .legend(orient="top")
        )
        labels = base.mark_text(dx=9, align="left", color="currentColor").encode(text="label:N")
        return (line + points + labels).properties(width=width, height=240)

    return Figure(
        f"A boost of {found.params.boost:g} makes the first ten {none['age'] - used['age']:.0f} days younger",
        f"nDCG@10 against the mean age of the first ten on {TODAY.isoformat()}, for queries with more than ten relevant "
        "datasets; a point for each boost, labelled with it. "
        + " ".join(
            f"Boost {row.boost:g}: nDCG {row.ndcg:.3f}, age {row.age:.0f} days." for row in data.itertuples()
        ),
        chart,
        data.drop(columns="label"),
    )


def _arms(width: int) -> dict[str, Any]:
    """Colour and shape of each way to search, with one legend for both."""
    legend: dict[str, Any] = {"orient": "top", "columns": columns(width, 3, 1)}
    return {
        "color": alt.Color("arm:N", sort=list(ARMS), title=None)
        .scale(domain=list(ARMS), range=_COLOURS)
        .legend(**legend),
        "shape": alt.Shape("arm:N", sort=list(ARMS), title=None)
        .scale(domain=list(ARMS), range=_SHAPES)
        .legend(**legend),
    }


def _dashed() -> Any:
    """A dashed line that the legend names."""
    return alt.StrokeDash("line:N", title=None).scale(range=[[5, 4]])
