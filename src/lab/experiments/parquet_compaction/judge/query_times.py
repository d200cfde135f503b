"""Timed queries: tables of them, what compaction wins, and whether they were steady, answered right and read cold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric
from lab.experiments.parquet_compaction.criteria import RATIO_LIMIT
from lab.experiments.parquet_compaction.measure.bench import Probes
from lab.experiments.parquet_compaction.measure.query_times import DISK, STORE, Timing
from lab.experiments.parquet_compaction.params import Params

CELL = ["place", "layout", "query", "state"]
# Of the bytes that a cell fetches over the link: retries differ by less; on the disk no footer is read twice.
_SAME = {STORE: 0.99, DISK: 0.9}


def timings_table(timings: Sequence[Timing]) -> pd.DataFrame:
    """One row per timed query: place, layout, query, state, files, seconds, requests of each kind, bytes."""
    return pd.DataFrame(
        [
            {
                "place": item.place,
                "layout": item.layout,
                "query": item.query,
                "state": item.state,
                "files": item.files,
                "seconds": item.seconds,
                "get": item.traffic.count("GET"),
                "head": item.traffic.count("HEAD"),
                "list": item.traffic.count("LIST"),
                "requests": item.traffic.total,
                "connections": item.traffic.connections,
                "bytes": item.read_bytes,
            }
            for item in timings
        ]
    )


def cells_table(timings: pd.DataFrame) -> pd.DataFrame:
    """One row per cell. seconds: the median, least and most its range; bytes and requests: the mean."""
    counts = {name: (name, "mean") for name in ("get", "head", "list", "requests", "bytes")}
    seconds = {"seconds": ("seconds", "median"), "least": ("seconds", "min"), "most": ("seconds", "max")}
    cells = timings.groupby(CELL, as_index=False, sort=False)
    found: pd.DataFrame = cells.agg(files=("files", "first"), **seconds, **counts)
    return found


def averages(cells: pd.DataFrame) -> pd.DataFrame:
    """Average query time of each place, layout and state, s; columns before, after."""
    return cells.pivot_table("seconds", ["place", "layout"], "state", "mean", sort=False).reset_index()


def query_time_improves(timings: pd.DataFrame) -> Observation:
    """The smallest ratio of average query times (of each query the median), over the link.

    interval: that ratio if each query took its longest time after compaction and its least before, and the
    other way round; none if nothing was timed twice. If the limit lies between the two, the run was too noisy to tell.
    """
    stored = timings[timings["place"] == STORE]
    middle, least, longest = (_by_state(stored, how) for how in ("median", "min", "max"))
    ratios = middle["before"] / middle["after"]
    worst = str(ratios.idxmin())
    usual, quick, slow = (table.loc[worst].to_dict() for table in (middle, least, longest))
    low, high = quick["before"] / slow["after"], slow["before"] / quick["after"]
    each = ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items())
    noisy = low < RATIO_LIMIT <= high
    told = f"; too noisy to tell: {low:.2f} to {high:.2f}" if noisy else ""
    return Observation(
        float(ratios.min()),
        f"{worst}: {usual['before']:.2f} s before, {usual['after']:.2f} s after; {each}{told}",
        (low, high) if low < high else None,
        conclusive=not noisy,
    )


def _by_state(timings: pd.DataFrame, how: str) -> pd.DataFrame:
    """Average query time by layout (rows) and state, each query's median, least or longest time taken."""
    cells = timings.groupby(["layout", "query", "state"], sort=False)["seconds"].agg(how)
    return cells.groupby(["layout", "state"], sort=False).mean().unstack("state")


def timings_steady(timings: pd.DataFrame) -> Observation:
    """How far timings of one cell over the link scatter about their mean: their standard deviation as a share, pooled.

    NaN where nothing was timed twice.
    """
    stored = timings[timings["place"] == STORE]
    cells = stored.groupby(CELL)["seconds"]
    off = stored["seconds"] / cells.transform("mean") - 1
    free = len(stored) - cells.ngroups
    scatter = float(np.sqrt((off**2).sum() / free)) if free else float("nan")
    return Observation(scatter, f"{len(stored)} timings of {cells.ngroups} queries, layouts and states")


def caches_cold(timings: pd.DataFrame) -> Observation:
    """Queries for which less was fetched than at another timing of the same cell, or not every file was asked for.

    On the disk, by the kernel's account: clearly less than the same query fetched over the link.
    """
    most = timings[timings["place"] == STORE].groupby(CELL[1:])["bytes"].max().rename("most")
    rows = timings.join(most, on=CELL[1:])
    asked = (rows["place"] == DISK) | (rows["head"] >= rows["files"])
    warm = rows[(rows["bytes"] < rows["place"].map(_SAME) * rows["most"]) | ~asked]
    said = "; ".join(
        f"{place}: {size / 1e6:,.0f} MB fetched"
        for place, size in rows.groupby("place")["bytes"].sum().items()
    )
    detail = f"of {len(rows)}; {said}"
    if len(warm):
        one = warm.iloc[0]
        detail += (
            f"; first: {one['place']}, {one['query']}, {one['layout']}, {one['state']} compaction: {one['bytes']:,} of "
            f"{one['most']:,} bytes"
        )
    local = rows[rows["place"] == DISK]
    if len(local) and not local["bytes"].any():
        detail += " (is the temporary folder in memory? set TMPDIR to one on a disk)"
    return Observation(len(warm), detail)


def answers_right(
    timings: Sequence[Timing], truth: Mapping[str, list[tuple]], sizes: pd.DataFrame | None = None
) -> Observation:
    """Timed queries with an answer that is known; of large scans the number of rows."""
    known = [item for item in timings if item.query in truth]
    wrong = [item for item in known if item.rows != truth[item.query]]
    detail = f"of {len(known)} queries, over the link and on the disk"
    if wrong:
        detail += f"; first wrong: {wrong[0].query}, {wrong[0].layout}, {wrong[0].state} compaction"
    return Observation(len(wrong) + (0 if sizes is None else int(sizes["wrong"].sum())), detail)


def round_trip_honest(params: Params, probes: Probes) -> Observation:
    added = probes.round_trip_s
    return Observation(
        abs(added / params.rtt_s - 1),
        f"{added * 1e3:.1f} ms added of {params.rtt_ms:g} ms stated; without the link "
        f"{median(probes.direct_s) * 1e3:.1f} ms",
    )


def metrics(probes: Probes) -> list[Metric]:
    """The link's round trip."""
    added = [(linked - median(probes.direct_s)) * 1e3 for linked in probes.linked_s]
    return [Metric("round_trip", probes.round_trip_s * 1e3, "ms", "added to a small GET", added)]


def trips(visits: pd.DataFrame) -> list[Metric]:
    """Round trips per file, by DuckDB's caches as they ship, on the first and on the second visit."""
    each = (visits["trips"] / visits["files"]).groupby(visits["visit"]).median()
    text = "visit, log and schema included"
    return [
        Metric(f"{visit}.trips_per_file", float(value), "round trips", f"{visit} {text}")
        for visit, value in each.items()
    ]
