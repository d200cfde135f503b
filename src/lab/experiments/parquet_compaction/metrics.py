"""Tables and metrics of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median
from typing import TYPE_CHECKING, Any

import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.parquet_compaction import aggregate, ladder, upfront
from lab.experiments.parquet_compaction.aggregate import DISK, STORE
from lab.experiments.parquet_compaction.checks import check_readings
from lab.experiments.parquet_compaction.crash import Kill
from lab.experiments.parquet_compaction.params import HELD_OUT, Params
from lab.experiments.parquet_compaction.probes import Probes

if TYPE_CHECKING:
    from lab.experiments.parquet_compaction.experiment import Seen

Tables = Mapping[str, pd.DataFrame]


def tables(params: Params, seen: Seen) -> dict[str, pd.DataFrame]:
    """What the arm's pictures and laws are made of; what an arm did not do has no table."""
    made: dict[str, pd.DataFrame] = {}
    if seen.watch:
        made["readings"] = readings_table(seen)
    if seen.kills:
        made["kills"] = kills_table(seen.kills)
    if seen.planned:
        made["planned"] = pd.DataFrame([asdict(item) for item in seen.planned])
    if seen.answers:
        made["tpch"] = tpch_table(seen)
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
        looks, compactions = ladder.looks_table(seen.rungs, model), ladder.compactions_table(seen.rungs)
        frequency = ladder.frequency_table(seen.rungs, looks, compactions, params.queries_per_batch)
        made |= {"frequency": frequency, "looks": looks, "compactions": compactions}
    return made


def tpch_table(seen: Seen) -> pd.DataFrame:
    """Lineitem by layout: files before and after its compaction, answers asked and wrong in both states."""
    rows = []
    for item in seen.tpch:
        checks = [check for check in seen.answers if check.layout == item.layout.name]
        rows.append(
            {
                "layout": item.layout.name,
                "files_before": len(item.version("before").files),
                "files_after": len(item.version("after").files),
                "asked": sum(check.asked for check in checks),
                "wrong": sum(len(check.wrong) for check in checks),
                "amplification": item.amplification,
            }
        )
    return pd.DataFrame(rows)


def kills_table(kills: Sequence[Kill]) -> pd.DataFrame:
    """One row per killed compaction."""
    return pd.DataFrame(
        [
            {
                "stage": kill.stage.name,
                "switched": kill.committed,
                "files named": kill.left.files,
                "files not named": kill.unnamed,
                "events read": kill.left.distinct,
                "files after mending": kill.mended.files,
                "strays after mending": kill.stray,
            }
            for kill in kills
        ]
    )


def readings_table(seen: Seen) -> pd.DataFrame:
    """How many readings during compaction were of which kind."""
    assert seen.watch is not None
    kinds = check_readings(seen.watch.overlapping, seen.watch.batch_rows)
    return pd.DataFrame([{"kind": kind, "readings": count} for kind, count in kinds.items()])


def metrics(params: Params, seen: Seen, made: Tables) -> list[Metric]:
    """Everything measured that a drift report should follow."""
    found: list[Metric] = []
    if "layouts" in made:
        found += layout_metrics(made)
    if "predictions" in made:
        found += model_metrics(made["cells"])
    if seen.probes:
        found += probe_metrics(seen.probes)
    if "planned" in made:
        found += upfront.metrics(made["planned"])
    if "frequency" in made:
        found += frequency_metrics(made)
    return found


def rows_of(table: pd.DataFrame) -> list[Any]:
    """A table's rows, their columns as attributes."""
    return list(table.itertuples())


def layout_metrics(made: Tables) -> list[Metric]:
    """Average query time, files, write amplification and storage overhead of each layout."""
    found = []
    for row in rows_of(made["layouts"]):
        for state in ("before", "after"):
            found.append(_query_s(row, state))
            files = getattr(row, f"files_{state}")
            found.append(Metric(f"{row.layout}.{state}.files", files, "files", better="lower"))
        found.append(Metric(f"{row.layout}.small_files", row.small_after, "files", "small after compaction"))
        found.append(Metric(f"{row.layout}.amplification", row.amplification, "", "bytes rewritten per byte"))
        overhead = "old files until the grace period ends"
        found.append(Metric(f"{row.layout}.storage_overhead", row.storage_overhead, "", overhead))
    return found


def _query_s(row: Any, state: str) -> Metric:
    """Average of the queries' median times, between the averages of their least and of their longest times."""
    return Metric(
        f"{row.layout}.{state}.query_s",
        float(getattr(row, f"seconds_{state}")),
        "s",
        "average query time",
        interval=(float(getattr(row, f"least_{state}")), float(getattr(row, f"most_{state}"))),
        method="least and longest timings",
        better="lower",
    )


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


def probe_metrics(probes: Probes) -> list[Metric]:
    """The link's round trip."""
    added = [(linked - median(probes.direct_s)) * 1e3 for linked in probes.linked_s]
    return [Metric("round_trip", probes.round_trip_s * 1e3, "ms", "added to a small GET", added)]


def frequency_metrics(made: Tables) -> list[Metric]:
    """Write amplification, query time and compaction time by frequency."""
    found = []
    for row in rows_of(made["frequency"]):
        found.append(Metric(f"every_{row.every}.amplification", row.amplification, "", better="lower"))
        for name, text in (
            ("query_s", "of a full scan"),
            ("compaction_s", "per micro-batch"),
            ("total_s", "per micro-batch"),
        ):
            ends = getattr(row, f"{name}_low"), getattr(row, f"{name}_high")
            value = getattr(row, name)
            found.append(
                Metric(
                    f"every_{row.every}.{name}",
                    value,
                    "s",
                    text,
                    interval=ends,
                    method="bootstrap 95 %",
                    better="lower",
                )
            )
    return found
