"""Three pictures of the service and of its growth."""

from __future__ import annotations

from typing import Any

import pandas as pd

from lab.charts import alt, theme
from lab.charts.figure import Figure
from lab.charts.presets import log_x, log_y
from lab.experiments.data_catalog.judge.metrics import slug
from lab.experiments.data_catalog.present.findings import Findings
from lab.experiments.data_catalog.workload.arms import POSTGRES, SQLITE

_STORES = {SQLITE: "SQLite", POSTGRES: "PostgreSQL"}


def latency(found: Findings) -> Figure:
    """Percentiles under load, by store."""
    data = found.treatment.tables["latency"].replace({"store": _STORES})
    data["percentile"] = "p" + data["percentile"].astype(str)
    order = list(dict.fromkeys(data["percentile"]))

    def chart(width: int) -> Any:
        bars = (
            alt.Chart(data)
            .mark_bar()
            .encode(
                x=alt.X("percentile:N", sort=order, title="percentile of the answers").axis(labelAngle=0),
                xOffset=alt.XOffset("store:N", sort=list(_STORES.values())),
                y=alt.Y("ms:Q", title="from due to answered, ms"),
                color=_by_store(),
            )
        )
        return bars.properties(width=width, height=220)

    slower = max(_STORES, key=lambda store: found.value(slug("p95", store)))
    params = found.params
    return Figure(
        f"With {params.clients} clients p95 is {found.value(slug('p95', slower)):.0f} ms on {_STORES[slower]}, the slower store",
        f"Percentiles of the time from when a search was due until it was answered, {params.clients} clients with "
        f"{params.rate:g} searches/s in all, by store. "
        + " ".join(f"{row.store} {row.percentile}: {row.ms:.1f} ms." for row in data.itertuples()),
        chart,
        data,
    )


def search_time(found: Findings) -> Figure:
    """Time of a search by what it matches, in the catalog and in its copies, with the model's line."""
    data = found.searches.copy()
    data["catalog"] = [f"{datasets:,} datasets" for datasets in data["datasets"]]
    order = list(dict.fromkeys(data.sort_values("datasets")["catalog"]))
    ends = pd.Series(sorted(set(data["matches"])), dtype=float)
    line = pd.DataFrame({"matches": ends, "ms": ends.map(found.growth.time.at)})
    line["line"] = f"model, fitted to {order[0]} and {order[1]}"

    def chart(width: int) -> Any:
        x = log_x("matches", "datasets that a search matches", data["matches"], ",d")
        y = log_y("ms", "processor time of a search, ms", data["ms"])
        drawn = alt.Chart(line).mark_line(color=theme.GREY).encode(x=x, y=y, strokeDash=_dashed())
        points = (
            alt.Chart(data)
            .mark_point(size=50, opacity=0.7)
            .encode(
                x=x,
                y=y,
                color=alt.Color("catalog:N", sort=order, title=None).scale(
                    domain=order, range=[theme.BLUE, theme.GREEN, theme.VERMILION]
                ),
            )
        )
        return (drawn + points).properties(width=width, height=240)

    check = found.treatment.observed["model_predicts"]
    means = data.groupby("catalog", sort=False)["ms"].mean()
    return Figure(
        f"With {found.params.copies} times the datasets a search takes {means[order[-1]] / means[order[0]]:.1f} times as long",
        "Processor time of a search with facets against the number of datasets that it matches, on logarithmic axes, a point "
        f"for each search and size, and the model's dashed line. Mean: {means[order[0]]:.2f} ms with {order[0]}, "
        f"{means[order[-1]]:.2f} ms with {order[-1]}; {check.detail}.",
        chart,
        data,
    )


def vocabulary(found: Findings) -> Figure:
    """Different words by size, with Heaps' law from the smaller parts."""
    data = found.treatment.tables["words"].copy()
    data["part"] = ["fitted to" if factor < 1 else "predicted" for factor in data["factor"]]
    line = pd.DataFrame({"tokens": data["tokens"], "line": "Heaps' law"})
    line["words"] = found.growth.k * line["tokens"] ** found.growth.beta

    def chart(width: int) -> Any:
        x = log_x("tokens", "words in a row", data["tokens"], ",d")
        y = log_y("words", "different words", data["words"], ",d")
        drawn = alt.Chart(line).mark_line(color=theme.GREY).encode(x=x, y=y, strokeDash=_dashed())
        points = (
            alt.Chart(data)
            .mark_point(size=70)
            .encode(
                x=x,
                y=y,
                color=alt.Color("part:N", sort=["fitted to", "predicted"], title=None).scale(
                    domain=["fitted to", "predicted"], range=[theme.BLUE, theme.VERMILION]
                ),
            )
        )
        return (drawn + points).properties(width=width, height=220)

    return Figure(
        f"Twice the text brings {2**found.growth.beta:.2f} times the words: Heaps' β is {found.growth.beta:.2f}",
        "Different words of at least four letters against all words in a row, of parts drawn at random (mean), with Heaps' law "
        f"fitted to parts of up to a half. {found.treatment.observed['vocabulary_predicted'].detail} for the whole.",
        chart,
        data,
    )


def _by_store() -> Any:
    names = list(_STORES.values())
    return (
        alt.Color("store:N", sort=names, title=None)
        .scale(domain=names, range=[theme.BLUE, theme.SKY])
        .legend(orient="top")
    )


def _dashed() -> Any:
    """A dashed line that the legend names."""
    return alt.StrokeDash("line:N", title=None).scale(range=[[5, 4]])
