"""Datasets before and after their compaction: files, bytes rewritten by two accounts, TPC-H's answers on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric
from lab.experiments.parquet_compaction.measure.datasets import STATES, Account, Dataset
from lab.experiments.parquet_compaction.measure.query_times import STORE
from lab.experiments.parquet_compaction.measure.seen import Seen
from lab.experiments.parquet_compaction.measure.tpch_answers import TpchCheck
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


def stored(seen: Seen) -> dict[str, Observation]:
    """Whether every dataset was compacted, and whether two accounts of the bytes rewritten agree."""
    datasets = [*seen.datasets, *seen.tpch]
    idle = [item.name for item in datasets if not item.merged]
    files = ", ".join(
        f"{item.name} {len(item.version('before').files)} → {len(item.version('after').files)}"
        for item in datasets
    )
    return {
        "all_compacted": Observation(len(idle), f"of {len(datasets)} datasets; files: {files}"),
        "bytes_agree": bytes_agree(
            {item.name: item.rewritten for item in datasets}
            | {f"every {ingestion.every}": ingestion.account for ingestion in seen.ingestions}
        ),
    }


def bytes_agree(accounts: Mapping[str, Account]) -> Observation:
    """The largest deviation between link and store."""
    worst = max(accounts, key=lambda name: accounts[name].deviation)
    found = accounts[worst]
    return Observation(
        found.deviation,
        f"{worst}: {found.link:,} bytes over the link, {found.store:,} more in the store's listing; the largest of "
        f"{len(accounts)} deviations",
    )


def tpch_unchanged(checks: Sequence[TpchCheck]) -> Observation:
    """Wrong answers. Inconclusive if in some layout it was not asked both before and after files were merged."""
    asked = sum(item.asked for item in checks)
    wrong = [(item.layout, item.state, number) for item in checks for number in item.wrong]
    files: dict[str, dict[str, int]] = {}
    for item in checks:
        files.setdefault(item.layout, {})[item.state] = item.files
    changed = [name for name, by in files.items() if by.get("before", 0) > by.get("after", 0) > 0]
    return Observation(
        len(wrong),
        f"of {asked} answers in {len(checks)} states; in {len(changed)} of {len(files)} layouts compaction had merged files"
        + (f"; {wrong}" if wrong else ""),
        conclusive=bool(wrong) or len(changed) == len(files),
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
