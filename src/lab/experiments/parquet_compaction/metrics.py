"""Tables and metrics of a run."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import TYPE_CHECKING, Any

import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.parquet_compaction import aggregate
from lab.experiments.parquet_compaction.aggregate import DISK, STORE
from lab.experiments.parquet_compaction.checks import check_readings
from lab.experiments.parquet_compaction.cost import Model
from lab.experiments.parquet_compaction.params import HELD_OUT, Params

if TYPE_CHECKING:
    from lab.experiments.parquet_compaction.experiment import Seen

Tables = Mapping[str, pd.DataFrame]


def tables(params: Params, seen: Seen) -> dict[str, pd.DataFrame]:
    """What the arm's pictures and laws are made of; what an arm did not do has no table."""
    made: dict[str, pd.DataFrame] = {}
    if seen.watch:
        made["readings"] = readings_table(seen)
    if seen.timings:
        made |= _timed(params, seen)
    return made


def _timed(params: Params, seen: Seen) -> dict[str, pd.DataFrame]:
    """timings, cells, layouts; where the cost model can be fitted and tested, all that it is held against."""
    timings = aggregate.timings_table(seen.timings)
    cells = aggregate.cells_table(timings)
    made = {
        "timings": timings,
        "cells": cells,
        "layouts": aggregate.layouts_table(seen.datasets, cells, params.target_bytes),
    }
    if set(cells["layout"]) > {HELD_OUT}:
        model = aggregate.model_of(cells)
        made["predictions"] = aggregate.predictions(cells, model)
        made["sizes"] = aggregate.sizes_table(seen.sizes, model)
        made |= _frequency(params, seen, cells, model)
    return made


def readings_table(seen: Seen) -> pd.DataFrame:
    """How many readings during compaction were of which kind."""
    assert seen.watch is not None
    kinds = check_readings(seen.watch.readings, seen.watch.batch_rows)
    return pd.DataFrame([{"kind": kind, "readings": count} for kind, count in kinds.items()])


def _frequency(params: Params, seen: Seen, cells: pd.DataFrame, model: Model) -> dict[str, pd.DataFrame]:
    full = cells[(cells["query"] == "full scan") & (cells["layout"] == "date") & (cells["place"] == STORE)]
    read = float(full["bytes"].mean())
    return {
        "frequency": aggregate.frequency_table(seen.rungs, model, read, params.queries_per_batch),
        "looks": aggregate.looks_table(seen.rungs, model, read),
        "compactions": aggregate.compactions_table(seen.rungs),
    }


def metrics(params: Params, seen: Seen, made: Tables) -> list[Metric]:
    """Everything measured that a drift report should follow."""
    found: list[Metric] = []
    if "layouts" in made:
        found += layout_metrics(made)
    if "predictions" in made:
        found += model_metrics(made["cells"])
    if seen.probes:
        found += probe_metrics(seen)
    if "frequency" in made:
        found += frequency_metrics(made["frequency"])
    return found


def rows_of(table: pd.DataFrame) -> list[Any]:
    """A table's rows, their columns as attributes."""
    return list(table.itertuples())


def layout_metrics(made: Tables) -> list[Metric]:
    """Average query time, files, write amplification and storage overhead of each layout."""
    found = []
    raw = made["timings"][made["timings"]["place"] == STORE]
    for row in rows_of(made["layouts"]):
        for state, seconds, files in (
            ("before", row.seconds_before, row.files_before),
            ("after", row.seconds_after, row.files_after),
        ):
            single = raw[(raw["layout"] == row.layout) & (raw["state"] == state)]["seconds"].tolist()
            found.append(
                Metric(
                    f"{row.layout}.{state}.query_s",
                    seconds,
                    "s",
                    "average query time",
                    single,
                    better="lower",
                )
            )
            found.append(Metric(f"{row.layout}.{state}.files", files, "files", better="lower"))
        found.append(Metric(f"{row.layout}.small_files", row.small_after, "files", "small after compaction"))
        found.append(Metric(f"{row.layout}.amplification", row.amplification, "", "bytes rewritten per byte"))
        found.append(
            Metric(
                f"{row.layout}.storage_overhead",
                row.storage_overhead,
                "",
                "old files until the grace period ends",
            )
        )
    return found


def model_metrics(cells: pd.DataFrame) -> list[Metric]:
    """The cost model's constants, over the link and on the disk."""
    found = []
    for place in (STORE, DISK):
        if place not in set(cells["place"]):
            continue
        model = aggregate.model_of(cells, place)
        found += [
            Metric(f"{place}.fixed", model.fixed_s * 1e3, "ms", f"fixed, {place}", better="lower"),
            Metric(f"{place}.open", model.open_s * 1e3, "ms/file", f"t_open, {place}", better="lower"),
            Metric(
                f"{place}.per_mb", model.s_per_byte * 1e9, "ms/MB", f"1/bandwidth, {place}", better="lower"
            ),
        ]
    return found


def probe_metrics(seen: Seen) -> list[Metric]:
    """The link's round trip, a LIST request, an entry of the log."""
    probes = seen.probes
    assert probes is not None
    added = [(linked - median(probes.direct_s)) * 1e3 for linked in probes.linked_s]
    return [
        Metric("round_trip", probes.round_trip_s * 1e3, "ms", "added to a small GET", added),
        Metric("list", probes.list_s / probes.list_requests, "s", "of a LIST request", better="lower"),
        Metric("listed", probes.listed / probes.list_requests, "objects", "in a LIST request"),
        Metric("manifest_bytes", probes.manifest_bytes, "bytes", "of a file in the log"),
        Metric("manifest_us", probes.manifest_s * 1e6, "µs", "to parse a file's entry", better="lower"),
    ]


def frequency_metrics(frequency: pd.DataFrame) -> list[Metric]:
    """Write amplification and compaction time by frequency."""
    return [
        metric
        for row in rows_of(frequency)
        for metric in (
            Metric(f"every_{row.every}.amplification", row.amplification, "", better="lower"),
            Metric(
                f"every_{row.every}.compaction_s", row.compaction_s, "s", "per micro-batch", better="lower"
            ),
            Metric(f"every_{row.every}.total_s", row.total_s, "s", "per micro-batch", better="lower"),
        )
    ]
