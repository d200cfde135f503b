"""What follows from a run: observations by criterion, metrics, tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric, Result
from lab.experiments.sql_windows import cdnow
from lab.experiments.sql_windows import sliding as frames
from lab.experiments.sql_windows.aids import Aids
from lab.experiments.sql_windows.params import Params
from lab.experiments.sql_windows.queries import Query
from lab.experiments.sql_windows.session import Spill
from lab.experiments.sql_windows.slopes import Growth, growths


@dataclass(frozen=True)
class Found:
    """Everything that was measured in one run; see the functions of Session that return each of them."""

    documented: pd.DataFrame
    fresh: pd.DataFrame
    cdnow: tuple[dict[str, int], pd.DataFrame]
    sliding: pd.DataFrame
    timings: pd.DataFrame
    spill: Spill
    aids: Aids
    fetching: Mapping[str, float]
    plan: pd.DataFrame


def result(params: Params, queries: Mapping[str, Query], found: Found, versions: Mapping[str, str]) -> Result:
    """The treatment's result."""
    growth = growths(found.timings, queries)
    observed = {
        "documented_rows": rows_that_differ(found.documented),
        "rows_match": rows_that_differ(found.fresh),
        "slopes_agree": slopes_agree(growth),
        "cdnow_published": cdnow_published(found.cdnow[0]),
        "answers_in_time": answers_in_time(params, found.timings),
        **widths_matter(found.sliding),
    }
    metrics = [
        *timing_metrics(found.timings),
        *sliding_metrics(found.sliding),
        *fetch_metrics(params, found.fetching),
        *extra_metrics(found),
    ]
    return Result(params, observed, metrics, _tables(found, growth), versions)


def rows_result(params: Params, fresh: pd.DataFrame, versions: Mapping[str, str]) -> Result:
    """The result of an arm whose rows alone were compared."""
    return Result(params, {"rows_match": rows_that_differ(fresh)}, tables={"rows": fresh}, versions=versions)


def rows_that_differ(differences: pd.DataFrame) -> Observation:
    """Rows that differ, over all queries and engines; names the worst."""
    differing = int(differences["differing"].sum())
    queries, engines = differences["query"].nunique(), differences["engine"].nunique()
    total = int(differences["expected"].sum())
    detail = f"of {total:,} rows, {queries} {'query' if queries == 1 else 'queries'} on {engines} engines"
    if differing:
        worst = differences.loc[differences["differing"].idxmax()]
        place, seen, due = worst["first"]
        detail += f"; {worst['query']} on {worst['engine']}, row {place + 1}: {seen} instead of {due}"
    return Observation(differing, detail)


def slopes_agree(growth: Sequence[Growth]) -> Observation:
    """Largest difference of a measured from its declared slope; inconclusive if noise could explain it.

    Inconclusive, too, if some query has no slope because fewer than two sizes count.
    """
    known = [item for item in growth if math.isfinite(item.apart)]
    unknown = sorted({item.engine for item in growth} - {item.engine for item in known})
    missing = f"too few sizes count on {', '.join(unknown)}" if unknown else ""
    if not known:
        return Observation(0.0, missing, conclusive=False)
    worst = max(known, key=lambda item: item.apart)
    detail = (
        f"{worst.query} on {worst.engine}: measured {worst.measured:.2f}, declared O({worst.order}) "
        f"{worst.declared:.2f}, {worst.sizes[0]:,} to {worst.sizes[-1]:,} rows"
    )
    conclusive = all(item.conclusive for item in growth)
    return Observation(worst.apart, "; ".join(filter(None, (detail, missing))), conclusive=conclusive)


def cdnow_published(differing: Mapping[str, int]) -> Observation:
    """Customers that differ on the engine where most do."""
    engines = ", ".join(f"{engine} {count}" for engine, count in differing.items())
    return Observation(max(differing.values()), f"of {cdnow.CUSTOMERS:,} customers; {engines}")


def answers_in_time(params: Params, timings: pd.DataFrame) -> Observation:
    """The slowest median at the top size."""
    medians = timings[timings["rows"] == params.top].groupby(["engine", "query"])["seconds"].median()
    engine, query = medians.index[int(medians.argmax())]
    return Observation(float(medians.max()), f"{query} on {engine}, {params.top:,} rows")


def widths_matter(sliding: pd.DataFrame) -> dict[str, Observation]:
    """Slope of time in the frame's width: PostgreSQL's maximum, and the worst of the others."""
    slopes = frames.slopes(sliding)
    grows, interval = slopes.pop(("PostgreSQL", "max"))
    (engine, aggregate), (flat, flat_interval) = max(slopes.items(), key=lambda item: item[1][0])
    return {
        "sliding_max_counterexample": Observation(grows, "PostgreSQL, max", interval),
        "others_stay_flat": Observation(flat, f"worst: {engine}, {aggregate}", flat_interval),
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
    """Median and every raw value, named ENGINE.sliding_AGGREGATE@WIDTH."""
    return [
        Metric(f"{engine}.sliding_{name}@{width}", float(group.median()), "s", raw=group.to_list())
        for (engine, name, width), group in sliding.groupby(["engine", "aggregate", "width"])["seconds"]
    ]


def fetch_metrics(params: Params, fetching: Mapping[str, float]) -> list[Metric]:
    text = f"handing over {params.middle:,} rows of 5 columns"
    return [Metric(f"{engine}.fetch", taken, "s", text, better="lower") for engine, taken in fetching.items()]


def extra_metrics(found: Found) -> list[Metric]:
    """Sort memory, and what helps at scale."""
    spill, aids = found.spill, found.aids
    per_row = spill.fitted.bytes / spill.fitted.rows
    return [
        Metric("sort_bytes", per_row, "bytes/row", "memory of PostgreSQL's sort"),
        Metric("spill_predicted", spill.predicted_rows, "rows", "predicted to spill from"),
        Metric("spill_first", spill.first_rows, "rows", "spills from"),
        Metric("spill_slowdown", spill.slowdown, "×", f"time when it spills, {spill.rows:,} rows"),
        *(Metric(f"aid_{name}", value, "×") for name, value in asdict(aids).items() if name != "rank_error"),
        Metric("aid_rank_error", aids.rank_error, "", "rank error of the approximate percentile"),
    ]


def _tables(found: Found, growth: Sequence[Growth]) -> dict[str, pd.DataFrame]:
    return {
        "timings": found.timings,
        "growth": pd.DataFrame([asdict(item) | {"apart": item.apart} for item in growth]),
        "documented": found.documented,
        "rows": found.fresh,
        "sliding": found.sliding,
        "retention": found.cdnow[1],
        "sorts": pd.DataFrame([asdict(item) for item in (found.spill.fitted, *found.spill.sorts)]),
        "plan": found.plan,
    }
