"""The metrics and tables of the record, and what they say about the criteria."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from typing import Any

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric, Result
from lab.experiments.warehouse_bench.judge import cost, fairness, linear_law, observations, ranking
from lab.experiments.warehouse_bench.judge.median_interval import label, spread
from lab.experiments.warehouse_bench.measure.measurement import Seen
from lab.experiments.warehouse_bench.params import Params
from lab.experiments.warehouse_bench.workload.flipped_bit import Flip


def of_run(params: Params, seen: Seen, seconds: float) -> Result:
    """The treatment's result. seconds: the run took, services included."""
    timings = _described(seen)
    compared = timings[timings["scale_factor"] == params.scale_factor]
    medians, rounds = ranking.medians(compared), ranking.Rounds(compared)
    pairs, by_layout = ranking.engine_pairs(rounds), ranking.layouts(rounds)
    growth = linear_law.growth(ranking.medians(timings), seen.stored)
    grown = linear_law.growth_by_round(timings, seen.stored)
    fitted = [
        linear_law.line(points, params.scale_factor) for _, points in growth.groupby("engine", sort=False)
    ]
    tables = {
        "timings": timings,
        "medians": medians,
        "means": ranking.means(rounds),
        "pairs": pairs,
        "orders": ranking.orders(rounds, pairs),
        "layouts": by_layout,
        "formats": ranking.format_pairs(rounds),
        "answers": _answers(seen.answers),
        "starts": seen.starts,
        "costs": cost.table(medians, cost.prices()),
        "cost_ratios": cost.ratios(compared, cost.prices()),
        "engines": fairness.resources(seen.resources),
        "others": fairness.others(compared),
        "growth": linear_law.with_ranges(growth, grown),
        "lines": pd.DataFrame([line.__dict__ | {"error": line.error} for line in fitted]),
        "lines_by_round": linear_law.by_round(grown, params.scale_factor),
    }
    observed = {
        "answers_published": observations.answers(seen.answers),
        "nothing_left_out": observations.nothing_left_out(params, seen),
        "ranking_reproducible": observations.order(pairs, rounds.many),
        "numbers_reproducible": observations.numbers(by_layout),
        "same_bytes": observations.same_bytes(seen),
        "bytes_were_read": observations.bytes_were_read(seen, timings),
        "equal_means": observations.equal_means(params, seen),
        "interleaved": observations.interleaved(seen.timings),
        "law_holds": observations.law(fitted),
    }
    libraries = {"DuckDB library": metadata.version("duckdb")}
    return Result(
        params, observed, _metrics(compared, tables, seconds), tables, dict(seen.versions) | libraries
    )


def of_control(params: Params, damaged: pd.DataFrame, sound: pd.DataFrame, turned: Flip) -> Result:
    """The damaged arm's result. sound: answers over the same file without the turned bit; they must be right."""
    seen, before = observations.answers(damaged), observations.answers(sound)
    detail = f"{turned}; before that bit was turned {before.value} values differed; after: {seen.detail}"
    conclusive = turned.prices == 1 and before.value == 0
    observed = {"answers_published": Observation(seen.value, detail, conclusive=conclusive)}
    return Result(params, observed, tables={"answers": _answers(damaged)})


def _answers(compared: pd.DataFrame) -> pd.DataFrame:
    return compared.groupby(["engine", "dataset", "query"])[["values", "differing"]].sum().reset_index()


def _described(seen: Seen) -> pd.DataFrame:
    """Timings with layout, format and scale factor of their dataset."""
    return seen.timings.merge(seen.lake.table(), on=["engine", "dataset"], validate="many_to_one")


def _metrics(compared: pd.DataFrame, tables: Mapping[str, pd.DataFrame], seconds: float) -> list[Metric]:
    """Geometric means with intervals and every raw latency; processor time, bytes, starts, duration."""
    metrics = [_latency(compared, row) for row in tables["means"].to_dict("records")]
    metrics += _used(compared)
    for row in tables["starts"].to_dict("records"):
        what = f"{row['what']} of {row['engine']}"
        metrics.append(Metric(f"{row['engine']}.{row['what']}", row["seconds"], "s", what))
    timed = compared[compared["round"] > 0]
    slowest = tables["medians"].sort_values("seconds").to_dict("records")[-1]
    where = f"Q{slowest['query']} on {slowest['engine']}, {slowest['layout']} {slowest['format']}"
    metrics.append(Metric("slowest_query", slowest["seconds"], "s", f"longest median latency: {where}"))
    others = timed["machine_s"].sum() - timed["cpu_s"].sum()
    text = "of the cores' time during timed executions, what others than the engine asked took (also the other engines)"
    metrics.append(
        Metric("others", others / (fairness.CORES * timed["seconds"].sum()), "", text, better="lower")
    )
    metrics.append(Metric("run", seconds, "s", "whole run, services included"))
    return metrics


def _used(compared: pd.DataFrame) -> list[Metric]:
    """Processor time and bytes of the mean query: median of the rounds, with their range."""
    what = {
        "cpu": ("cpu_s", "s", "processor time of the mean query", "lower"),
        "read": ("read_bytes", "bytes", "bytes read by the mean query", ""),
    }
    found = []
    for key, rounds in cost.by_round(compared).groupby(level=["engine", "layout", "format"]):
        for name, (column, unit, text, better) in what.items():
            raw = rounds[column].tolist()
            seen = spread(raw)
            interval = seen.low, seen.high
            path = ".".join([*map(str, key), name])
            found.append(
                Metric(path, seen.median, unit, text, raw, interval, method=seen.label, better=better)
            )
    return found


def _latency(timings: pd.DataFrame, row: Mapping[Any, Any]) -> Metric:
    chosen = timings[
        (timings["engine"] == row["engine"])
        & (timings["layout"] == row["layout"])
        & (timings["format"] == row["format"])
        & (timings["round"] > 0)
    ]
    return Metric(
        f"{row['engine']}.{row['layout']}.{row['format']}.latency",
        row["seconds"],
        "s",
        "geometric mean of the queries' latencies, median of the rounds",
        raw=chosen["seconds"].tolist(),
        interval=(row["low"], row["high"]),
        method=label(int(chosen["round"].nunique())),
        better="lower",
    )
