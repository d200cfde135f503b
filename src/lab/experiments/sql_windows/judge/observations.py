"""The observation behind each criterion."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from lab.evidence.criteria import Observation
from lab.experiments.sql_windows.criteria import FLAT, GROWS, SMALL_ROWS
from lab.experiments.sql_windows.judge.growth_curve import PROJECTED, curve, top_seconds
from lab.experiments.sql_windows.judge.slopes import Growth, WidthSlope, width_slopes
from lab.experiments.sql_windows.measure.seen import Cdnow, Seen
from lab.experiments.sql_windows.params import Params
from lab.experiments.sql_windows.workload.cdnow import CUSTOMERS


def observe(params: Params, seen: Seen, growth: Sequence[Growth]) -> dict[str, Observation]:
    """By criterion. growth: of the run's timings."""
    return {
        "documented_rows": rows_that_differ(seen.documented),
        "rows_match": rows_that_differ(seen.fresh),
        "slopes_agree": slopes_agree(growth),
        "cdnow_published": cdnow_published(seen.cdnow),
        "answers_in_time": answers_in_time(params, seen.timings),
        "time_predicted": time_predicted(params, seen.timings),
        **widths_matter(seen.sliding),
    }


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


def cdnow_published(cdnow: Cdnow) -> Observation:
    """Customers that differ on the engine where most do."""
    published = cdnow.published
    differing = {engine: customers_that_differ(found, published) for engine, found in cdnow.summaries.items()}
    engines = ", ".join(f"{engine} {count}" for engine, count in differing.items())
    return Observation(max(differing.values()), f"of {CUSTOMERS:,} customers; {engines}")


def customers_that_differ(found: Iterable[tuple[Any, ...]], published: pd.DataFrame) -> int:
    """Customers whose figures differ from the published ones, and those that only one of the two knows.

    found: rows that begin with customer_id, frequency, recency_days, age_days.
    """
    theirs = {row[0]: row[1:] for row in published.itertuples(index=False, name=None)}
    mine = {row[0]: (row[1], in_weeks(row[2]), in_weeks(row[3])) for row in found}
    return sum(mine.get(customer) != theirs.get(customer) for customer in set(mine) | set(theirs))


def in_weeks(days: int) -> int:
    """Hundredths of weeks, rounded as the published table is; sevenths never fall on a half."""
    return round(days * 100 / 7)


def answers_in_time(params: Params, timings: pd.DataFrame) -> Observation:
    """The slowest median at the top size."""
    medians = timings[timings["rows"] == params.top].groupby(["engine", "query"])["seconds"].median()
    engine, query = medians.index[int(medians.argmax())]
    return Observation(float(medians.max()), f"{query} on {engine}, {params.top:,} rows")


def time_predicted(params: Params, timings: pd.DataFrame) -> Observation:
    """T₀ + b f(n), from the smallest and the middle size, against the time at the top size; the worst engine."""
    rows = [
        (engine, curve(timings, engine, params.middle).seconds(params.top), measured)
        for engine, measured in top_seconds(timings, params.top).items()
    ]
    engine, predicted, measured = max(rows, key=lambda row: abs(row[1] / row[2] - 1))
    detail = (
        f"{PROJECTED} on {engine} at {params.top:,} rows: {predicted:.2f} s predicted from {SMALL_ROWS:,} and "
        f"{params.middle:,} rows, {measured:.2f} s measured"
    )
    return Observation(abs(predicted / measured - 1), detail)


def widths_matter(sliding: pd.DataFrame) -> dict[str, Observation]:
    """Slope of time in the frame's width: PostgreSQL's maximum and its sum of floats, and the worst of the others."""
    slopes = width_slopes(sliding)
    return {
        "sliding_max_counterexample": _grows("max", slopes.pop(("PostgreSQL", "max"))),
        "float_sum_counterexample": _grows("sum of floats", slopes.pop(("PostgreSQL", "sum of floats"))),
        "others_stay_flat": _flat(slopes),
    }


def _grows(aggregate: str, seen: WidthSlope) -> Observation:
    sure = seen.lowest >= GROWS if seen.value >= GROWS else seen.highest < GROWS
    return Observation(seen.value, f"PostgreSQL, {aggregate}{_spread(seen)}", conclusive=sure)


def _flat(slopes: Mapping[tuple[str, str], WidthSlope]) -> Observation:
    """The largest slope; a pass is conclusive if none could be above the limit, a fail if one is for certain."""
    (engine, aggregate), worst = max(slopes.items(), key=lambda item: item[1].value)
    within = all(item.highest <= FLAT for item in slopes.values())
    sure = within if worst.value <= FLAT else any(item.lowest > FLAT for item in slopes.values())
    return Observation(worst.value, f"worst: {engine}, {aggregate}{_spread(worst)}", conclusive=sure)


def _spread(seen: WidthSlope) -> str:
    steps = ", ".join(f"{step:.2f}" for step in seen.steps)
    return (
        f"; {seen.lowest:.2f} to {seen.highest:.2f} by the spread of the timings; from width to width {steps}"
    )
