"""What the landing page says about this experiment, computed from the run and from the full run that is kept."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import Decision, Metric, Result, Summary
from lab.experiments.warehouse_bench.judge.median_interval import label
from lab.experiments.warehouse_bench.params import Params
from lab.experiments.warehouse_bench.present import full_run_agreement as agreement
from lab.experiments.warehouse_bench.present.crossover import GB
from lab.experiments.warehouse_bench.present.full_run import Full, recorded
from lab.experiments.warehouse_bench.present.model import compared_bytes, crossings, crossings_told, span


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, headline and the questions that practitioners ask."""
    params, full = treatment.of(Params), recorded()
    means = treatment.tables["means"].set_index(["engine", "layout", "format"])
    plain = means.xs(("same", "parquet"), level=["layout", "format"])["seconds"].sort_values()
    fastest, slowest = str(plain.index[0]), str(plain.index[-1])
    told = ", ".join(f"{value:.2g} s on {engine}" for engine, value in plain.items())
    seen = treatment.observed["answers_published"]
    return Summary(
        answer=(
            f"At scale factor {params.scale_factor:g} on one machine the typical query over the same Parquet files takes "
            f"{told} (geometric mean of {len(params.numbers)} queries, engines warm; {_order(treatment)}, where = is not told "
            f"apart). {seen.detail}; "
            f"{seen.value:,} differ from TPC-H's published answers. {_cluster(treatment)}"
        ).strip(),
        headline=_headline(treatment, params, slowest, fastest),
        decisions=_decisions(treatment, params, full),
    )


def _headline(treatment: Result, params: Params, slowest: str, fastest: str) -> Metric:
    """How many times as long the slowest engine takes as the fastest, over the same Parquet files."""
    what = f"times: {slowest} against {fastest} at scale factor {params.scale_factor:g}"
    pairs = treatment.tables["pairs"]
    plain = pairs[(pairs["layout_one"] == "same") & (pairs["format_one"] == "parquet")]
    for row in plain.to_dict("records"):
        ratio, low, high = row["ratio"], row["low"], row["high"]
        if (row["engine_one"], row["engine_other"]) == (fastest, slowest):
            ratio, low, high = 1 / ratio, 1 / high, 1 / low
        elif (row["engine_one"], row["engine_other"]) != (slowest, fastest):
            continue
        rounds = label(int(treatment.tables["timings"]["round"].max()))
        return Metric("slowest_to_fastest", ratio, what, interval=(low, high), method=rounds)
    return Metric("slowest_to_fastest", 1.0, what)


def _formats(treatment: Result, full: Full) -> str:
    effects = agreement.format_effects(treatment, full)
    return agreement.in_words(effects, treatment.of(Params).scale_factor, full.scale_factor)


def _cluster(treatment: Result) -> str:
    """The smallest size from which a cluster answers sooner than DuckDB on one machine."""
    found = {name: one for name, one in crossings(treatment).items() if one}
    if not found:
        return ""
    sure = {name: one for name, one in found.items() if one.told}
    if not sure:
        return "From which size on a cluster answers sooner than DuckDB on one machine can't be told from this run."
    name, one = min(sure.items(), key=lambda item: item[1].size)
    return (
        f"By the fitted lines, drawn far beyond the sizes measured, {one.workers} workers of {name} answer sooner than DuckDB "
        f"on one machine from about {one.size / GB:,.2g} GB stored on ({span(one)} by the rounds), at {one.workers} times the "
        "price per hour."
    )


def _decisions(treatment: Result, params: Params, full: Full) -> list[Decision]:
    starts = treatment.tables["starts"].groupby("engine")["seconds"].sum()
    gigabytes = compared_bytes(treatment) / GB
    return [
        Decision(
            f"Which engine for tables of {gigabytes:.2g} GB on one machine?", _engine(treatment, params, full)
        ),
        Decision("From which size on does a cluster answer sooner?", " ".join(crossings_told(treatment))),
        Decision("Does Iceberg or Delta slow queries down against plain Parquet?", _formats(treatment, full)),
        Decision(
            "What does it cost to start an engine for one query?",
            ", ".join(f"{engine} {value:.2g} s" for engine, value in starts.items())
            + " until the first answer (one start of each).",
        ),
    ]


def _engine(treatment: Result, params: Params, full: Full) -> str:
    """The fastest here, what the others cost against it, and whether the full run says otherwise."""
    here, there = agreement.engine_order(treatment.tables["means"]), agreement.engine_order(full.means)
    against = agreement.reversed_pairs(treatment.tables["pairs"], full)
    agree = f"**the other way round** for {', '.join(against)}" if against else "which contradicts none of it"
    return (
        f"{here[0]}. From fast to slow: {_order(treatment)} (`=`: not told apart). The full run, all queries at scale factor "
        f"{full.scale_factor:g}, found {' < '.join(there)}, {agree}. In processor time, which a busy machine bills, "
        f"{_multiples(treatment.tables['cost_ratios'])}."
    )


def _order(treatment: Result) -> str:
    """The ranking over the same Parquet files, in words."""
    orders = treatment.tables["orders"]
    return str(orders[(orders["layout"] == "same") & (orders["format"] == "parquet")]["order"].iloc[0])


def _multiples(ratios: pd.DataFrame) -> str:
    plain = ratios[(ratios["layout"] == "same") & (ratios["format"] == "parquet")].sort_values("cpu")
    cheapest = plain.iloc[0]
    others = [f"{row.engine} {row.cpu / cheapest['cpu']:.3g} times" for row in plain.iloc[1:].itertuples()]
    if not others:
        return f"{cheapest['engine']} is the only one measured"
    return f"{', '.join(others)} what a query costs on {cheapest['engine']}"
