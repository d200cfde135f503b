"""Metrics and tables of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.sql_windows.judge.slopes import Growth
from lab.experiments.sql_windows.measure.seen import Seen
from lab.experiments.sql_windows.params import Params


def metrics(params: Params, seen: Seen) -> list[Metric]:
    """Timings first, then what is told of scale."""
    return [
        *timing_metrics(seen.timings),
        *sliding_metrics(seen.sliding),
        *fetch_metrics(params, seen.fetching),
        *extra_metrics(seen),
    ]


def tables(seen: Seen, growth: Sequence[Growth]) -> dict[str, pd.DataFrame]:
    """By name."""
    return {
        "timings": seen.timings,
        "growth": pd.DataFrame([asdict(item) | {"apart": item.apart} for item in growth]),
        "documented": seen.documented,
        "rows": seen.fresh,
        "sliding": seen.sliding,
        "retention": seen.cdnow.retention,
        "sorts": pd.DataFrame([asdict(item) for item in (seen.spill.fitted, *seen.spill.sorts)]),
        "plan": seen.plan,
    }


def timing_metrics(timings: pd.DataFrame) -> list[Metric]:
    """Median and every raw value by the clock, ENGINE.QUERY@ROWS, and of processor time, the same with .cpu."""
    return [
        Metric(
            f"{engine}.{query}@{rows}{suffix}",
            float(group[column].median()),
            "s",
            raw=group[column].to_list(),
        )
        for (engine, query, rows), group in timings.groupby(["engine", "query", "rows"])
        for suffix, column in (("", "seconds"), (".cpu", "processor_s"))
    ]


def sliding_metrics(sliding: pd.DataFrame) -> list[Metric]:
    """Median and every raw value, named ENGINE.frame_AGGREGATE@WIDTH."""
    return [
        Metric(f"{engine}.frame_{name}@{width}", float(group.median()), "s", raw=group.to_list())
        for (engine, name, width), group in sliding.groupby(["engine", "aggregate", "width"])["seconds"]
    ]


def fetch_metrics(params: Params, fetching: Mapping[str, float]) -> list[Metric]:
    text = f"handing over {params.middle:,} rows of 5 columns"
    return [Metric(f"{engine}.fetch", taken, "s", text, better="lower") for engine, taken in fetching.items()]


def extra_metrics(seen: Seen) -> list[Metric]:
    """Sort memory, and what helps at scale."""
    spill, speedups = seen.spill, seen.speedups
    per_row = spill.fitted.bytes / spill.fitted.rows
    return [
        Metric("sort_bytes", per_row, "bytes/row", "memory of PostgreSQL's sort"),
        Metric("spill_predicted", spill.predicted_rows, "rows", "predicted to spill from"),
        Metric("spill_first", spill.first_rows, "rows", "spills from"),
        Metric("spill_slowdown", spill.slowdown, "×", f"time when it spills, {spill.rows:,} rows"),
        *(
            Metric(f"aid_{name}", value, "×")
            for name, value in asdict(speedups).items()
            if name != "rank_error"
        ),
        Metric("aid_rank_error", speedups.rank_error, "", "rank error of the approximate percentile"),
    ]
