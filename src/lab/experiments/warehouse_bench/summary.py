"""What the landing page says about this experiment, computed from the run."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import Decision, Metric, Result, Summary
from lab.experiments.warehouse_bench.params import Params
from lab.experiments.warehouse_bench.scale import (
    CLUSTERS,
    GB,
    compared_bytes,
    crossing,
    crossings,
    fitted_lines,
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, headline, sparkline and the questions that practitioners ask."""
    params = treatment.params
    assert isinstance(params, Params)
    means = treatment.tables["means"].set_index(["engine", "layout", "format"])
    plain = means.xs(("same", "parquet"), level=["layout", "format"])["seconds"].sort_values()
    fastest, slowest = str(plain.index[0]), str(plain.index[-1])
    told = ", ".join(f"{value:.2g} s on {engine}" for engine, value in plain.items())
    seen = treatment.observed["answers_published"]
    return Summary(
        answer=(
            f"At scale factor {params.scale_factor:g} on one machine the typical query over the same Parquet files takes "
            f"{told} (geometric mean of {len(params.numbers)} queries, engines warm). {seen.detail}; "
            f"{seen.value:,} differ from TPC-H's published answers. {_format_story(treatment)}{_cluster_story(treatment)}"
        ),
        headline=Metric(
            "slowest_to_fastest",
            float(plain[slowest] / plain[fastest]),
            f"times: {slowest} against {fastest} at scale factor {params.scale_factor:g}",
        ),
        sparkline=[float(value) for value in plain],
        decisions=_decisions(treatment, params, fastest),
    )


def _format_story(treatment: Result) -> str:
    """The largest difference that a format makes within one engine, same bytes."""
    formats = treatment.tables["formats"]
    same = formats[(formats["layout_one"] == "same") & formats["apart"]]
    if same.empty:
        return "Over the same bytes no format is told apart from another within one engine."
    factor = same["ratio"].where(same["ratio"] > 1, 1 / same["ratio"])
    worst = same.loc[factor.idxmax()]
    slow, fast = (
        (worst["format_one"], worst["format_other"])
        if worst["ratio"] > 1
        else (worst["format_other"], worst["format_one"])
    )
    return (
        f"Over the same bytes the format matters most on {worst['engine_one']}: {slow} takes {factor.max():.2f} times "
        f"as long as {fast}."
    )


def _cluster_story(treatment: Result) -> str:
    """The smallest size from which a cluster answers sooner than DuckDB on one machine."""
    fitted = fitted_lines(treatment)
    single = fitted.get("DuckDB")
    found = {name: crossing(fitted[name], single) for name in CLUSTERS if single and name in fitted}
    sizes = {name: pair for name, pair in found.items() if pair}
    if not sizes:
        return ""
    name, (workers, size) = min(sizes.items(), key=lambda item: item[1][1])
    return (
        f" By the fitted lines {workers} workers of {name} answer sooner than DuckDB on one machine from "
        f"{size / GB:,.2g} GB stored on, at {workers} times the price per hour."
    )


def _decisions(treatment: Result, params: Params, fastest: str) -> list[Decision]:
    starts = treatment.tables["starts"].groupby("engine")["seconds"].sum()
    costs = treatment.tables["costs"]
    plain = costs[(costs["layout"] == "same") & (costs["format"] == "parquet")].set_index("engine")["usd_cpu"]
    gigabytes = compared_bytes(treatment) / GB
    return [
        Decision(
            f"Which engine for tables of {gigabytes:.2g} GB on one machine?",
            f"{fastest}; a thousand queries cost {_dollars(plain)} in processor time.",
        ),
        Decision(
            "From which size on does a cluster answer sooner?", " ".join(crossings(fitted_lines(treatment)))
        ),
        Decision(
            "Does Iceberg or Delta slow queries down against plain Parquet?",
            _format_story(treatment),
        ),
        Decision(
            "What does it cost to start an engine for one query?",
            ", ".join(f"{engine} {value:.2g} s" for engine, value in starts.items())
            + " until the first answer.",
        ),
    ]


def _dollars(costs: pd.Series) -> str:
    return ", ".join(f"{value:.2g} USD on {engine}" for engine, value in costs.sort_values().items())
