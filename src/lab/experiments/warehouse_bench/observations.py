"""What was seen, held against the criteria, and the metrics and tables of the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric, Result
from lab.experiments.warehouse_bench import cost, lines, ranking
from lab.experiments.warehouse_bench.bench import MOST
from lab.experiments.warehouse_bench.lake import Lake
from lab.experiments.warehouse_bench.params import Params
from lab.experiments.warehouse_bench.queries import tables_of

LEAST_SHARE = 0.01  # of the bytes of a query's tables


@dataclass(frozen=True)
class Found:
    """What a run gathered. differing_files: of the same-bytes comparison. seconds: the run took, all included."""

    timings: pd.DataFrame
    answers: pd.DataFrame
    lake: Lake
    starts: pd.DataFrame
    differing_files: int
    seconds: float

    @property
    def stored(self) -> dict[float, int]:
        """Bytes of the tables by scale factor."""
        return {size: files.total_bytes for size, files in self.lake.files.items()}


def result(params: Params, found: Found, versions: Mapping[str, str]) -> Result:
    """The treatment's result."""
    timings = _described(found)
    compared = timings[timings["scale_factor"] == params.scale_factor]
    medians, rounds = ranking.medians(compared), ranking.Rounds(compared, params.seed)
    pairs, by_layout = ranking.engine_pairs(rounds), ranking.layouts(rounds)
    growth = lines.growth(ranking.medians(timings), found.stored)
    fitted = [lines.line(points, params.scale_factor) for _, points in growth.groupby("engine", sort=False)]
    tables = {
        "timings": timings,
        "medians": medians,
        "means": ranking.means(rounds),
        "pairs": pairs,
        "layouts": by_layout,
        "formats": ranking.format_pairs(rounds),
        "answers": _answers(found.answers),
        "starts": found.starts,
        "made": found.lake.own(),
        "costs": cost.table(medians, cost.prices()),
        "growth": growth,
        "lines": pd.DataFrame([line.__dict__ | {"error": line.error} for line in fitted]),
    }
    observed = {
        "answers_published": answers(found.answers),
        "nothing_left_out": _nothing_left_out(params, found),
        "ranking_reproducible": _ranking(pairs),
        "numbers_reproducible": _numbers(by_layout),
        "same_bytes": Observation(found.differing_files, f"{len(found.lake.tables)} tables in each format"),
        "bytes_were_read": _bytes_were_read(timings, found),
        "law_holds": _law(fitted),
        "slowest_query": _slowest(medians),
    }
    libraries = {"DuckDB library": metadata.version("duckdb")}
    return Result(params, observed, _metrics(compared, tables, found), tables, dict(versions) | libraries)


def control(params: Params, compared: pd.DataFrame, changed: int) -> Result:
    """The damaged arm's result. changed: prices in the data file that differ from the original's."""
    seen = answers(compared)
    detail = f"{changed} price differs in the file by one bit; {seen.detail}"
    observed = {"answers_published": Observation(seen.value, detail)}
    return Result(params, observed, tables={"answers": _answers(compared)})


def answers(compared: pd.DataFrame) -> Observation:
    """Values that differ from the published ones."""
    differing = int(compared["differing"].sum())
    detail = f"{len(compared):,} answers, {compared['values'].sum():,} values compared"
    wrong = compared[compared["differing"] > 0]
    if len(wrong):
        first = wrong.iloc[0]
        detail += f"; first: {first['engine']}, {first['dataset']}, Q{first['query']}, {first['first']}"
    return Observation(differing, detail)


def _answers(compared: pd.DataFrame) -> pd.DataFrame:
    return compared.groupby(["engine", "dataset", "query"])[["values", "differing"]].sum().reset_index()


def _described(found: Found) -> pd.DataFrame:
    """Timings with layout, format and scale factor of their dataset."""
    about = found.lake.own()[["engine", "dataset", "layout", "format", "scale_factor"]]
    return found.timings.merge(about, on=["engine", "dataset"], validate="many_to_one")


def _nothing_left_out(params: Params, found: Found) -> Observation:
    datasets = sum(len(names) for names in found.lake.datasets.values())
    expected = datasets * len(params.numbers) * (params.repeats + 1)
    seen = found.timings.groupby(["engine", "dataset", "query", "round"]).ngroups
    return Observation(
        expected - seen,
        f"{len(found.timings):,} executions: {len(params.numbers)} queries, {datasets} pairs of engine and dataset, "
        f"{params.repeats} rounds after a first; in these, what takes milliseconds runs up to {MOST} times",
    )


def _ranking(pairs: pd.DataFrame) -> Observation:
    if pairs.empty:
        return Observation(0, "one engine only: nothing to rank", conclusive=False)
    apart = int(pairs["apart"].sum())
    return Observation(
        int(pairs["changed"].sum()), f"{len(pairs)} pairs, {apart} of them with an interval that excludes 1"
    )


def _numbers(pairs: pd.DataFrame) -> Observation:
    if pairs.empty:
        return Observation(float("nan"), "one engine only", conclusive=False)
    worst = pairs.loc[pairs["factor"].idxmax()]
    return Observation(
        float(worst["factor"]),
        f"{worst['engine_one']} / {worst['engine_other']}, {worst['layout']} tables: "
        f"{worst['odd']:.3g} in odd, {worst['even']:.3g} in even rounds",
    )


def _bytes_were_read(timings: pd.DataFrame, found: Found) -> Observation:
    """Executions that read less than a hundredth of their tables' bytes."""
    stored = {
        (size, query): sum(files.bytes[table] for table in tables_of([int(query)]))
        for size, files in found.lake.files.items()
        for query in timings["query"].unique()
    }
    keys = zip(timings["scale_factor"], timings["query"], strict=True)
    shares = timings["read_bytes"] / [stored[key] for key in keys]
    return Observation(
        int((shares < LEAST_SHARE).sum()), f"least share read by one execution: {shares.min():.1%}"
    )


def _law(fitted: list[lines.Line]) -> Observation:
    worst = max(fitted, key=lambda line: abs(line.error))
    told = ", ".join(f"{line.engine} {line.error:+.0%}" for line in fitted)
    return Observation(abs(worst.error), f"error at the held-out scale factor: {told}")


def _slowest(medians: pd.DataFrame) -> Observation:
    worst = medians.loc[medians["seconds"].idxmax()]
    return Observation(
        float(worst["seconds"]),
        f"Q{worst['query']} on {worst['engine']}, {worst['layout']} {worst['format']}",
    )


def _metrics(compared: pd.DataFrame, tables: Mapping[str, pd.DataFrame], found: Found) -> list[Metric]:
    """Geometric means with intervals and every raw latency; processor time, bytes, starts, duration."""
    metrics = [_latency(compared, row) for row in tables["means"].to_dict("records")]
    for row in tables["costs"].to_dict("records"):
        name = f"{row['engine']}.{row['layout']}.{row['format']}"
        metrics.append(
            Metric(f"{name}.cpu", row["cpu_s"], "s", "processor time of the mean query", better="lower")
        )
        metrics.append(Metric(f"{name}.read", row["read_bytes"], "bytes", "bytes read by the mean query"))
    for row in tables["starts"].to_dict("records"):
        what = f"{row['what']} of {row['engine']}"
        metrics.append(Metric(f"{row['engine']}.{row['what']}", row["seconds"], "s", what))
    metrics.append(Metric("run", found.seconds, "s", "whole run, services included"))
    return metrics


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
        "geometric mean over queries of the median latency",
        raw=chosen["seconds"].tolist(),
        interval=(row["low"], row["high"]),
        method="bootstrap over rounds 95 %",
        better="lower",
    )
