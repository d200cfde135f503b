"""Datasets before and after their compaction: files, bytes rewritten, query times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric
from lab.experiments.parquet_compaction.measure.datasets import STATES, Dataset
from lab.experiments.parquet_compaction.measure.query_times import STORE
from lab.experiments.parquet_compaction.mechanism.compaction import FULL


def layouts_table(datasets: Sequence[Dataset], cells: pd.DataFrame, target_bytes: int) -> pd.DataFrame:
    """One row per layout: files, small files, bytes, write amplification, storage overhead, average query's time and requests.

    least, most: average of the queries' quickest and of their slowest timings.
    """
    stored = cells[cells["place"] == STORE]
    means = stored.pivot_table(["seconds", "least", "most", "requests"], "layout", "state", "mean")
    rows = []
    for item in datasets:
        before, after = item.version("before"), item.version("after")
        rows.append(
            {
                "layout": item.layout.name,
                "files_before": len(before.files),
                "files_after": len(after.files),
                "small_before": sum(file.bytes < FULL * target_bytes for file in before.files),
                "small_after": sum(file.bytes < FULL * target_bytes for file in after.files),
                "bytes_before": before.bytes,
                "bytes_after": after.bytes,
                "amplification": item.amplification,
                "storage_overhead": item.stored_bytes / after.bytes - 1,
                **{
                    f"{name}_{state}": means.loc[item.layout.name, (name, state)]
                    for name in ("seconds", "least", "most", "requests")
                    for state in STATES
                },
            }
        )
    return pd.DataFrame(rows)


def all_compacted(datasets: Sequence[Dataset]) -> Observation:
    """Layouts that compaction left as they were."""
    files = ", ".join(
        f"{item.name} {len(item.version('before').files)} → {len(item.version('after').files)}"
        for item in datasets
    )
    return Observation(
        sum(not item.merged for item in datasets), f"of {len(datasets)} layouts; files: {files}"
    )


def metrics(layouts: pd.DataFrame) -> list[Metric]:
    """Average query time, files, write amplification and storage overhead of each layout."""
    rows: Iterable[Any] = layouts.itertuples()
    found = []
    for row in rows:
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
