"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Decision, Metric, Result, Summary
from lab.experiments.parquet_compaction.present.findings import Findings, findings


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, headline, shape of the finding, decisions; every figure from the run."""
    found = findings(treatment, controls)
    best, rung, control = found.best, found.rung, found.control.iloc[0]
    after = found.layouts["seconds_after"]
    return Summary(
        answer=(
            f"With the store {found.params.rtt_ms:g} ms away, compaction makes the average query "
            f"{found.least.ratio:.1f} to {found.most.ratio:.1f} times as fast ({found.least.layout}, {found.most.layout}), "
            f"because each file costs {found.model.open_s * 1e3:.0f} ms however little is in it. Once compacted, every layout "
            f"answers in {after.min():.2f} to {after.max():.2f} s on average; “{best.layout}” reads least. "
            f"Of the frequencies measured, every {rung.every:.0f} micro-batches costs least in all{_alike(found)} and rewrites "
            f"{rung.amplification:.2f} bytes for each byte ingested. "
            "Partitions as fine as the ingestion leave nothing to merge: there an average "
            f"query takes {control.seconds_before:.2f} s before and {control.seconds_after:.2f} s after."
        ),
        headline=Metric(
            "query_s",
            float(best.seconds_after),
            "s",
            f"average query, {best.layout}, compacted",
            interval=(float(best.least_after), float(best.most_after)),
            method="least and longest timings",
            better="lower",
        ),
        decisions=_decisions(found),
    )


def _alike(found: Findings) -> str:
    return f" (noise does not tell it from every {found.near})" if found.near else ""


def _decisions(found: Findings) -> list[Decision]:
    low, high = found.file_bytes_interval
    rung, rungs, size = found.rung, found.rungs, found.file_bytes / 1e6
    return [
        Decision(
            "How large should Parquet files on an object store be?",
            f"At least {size:,.0f} MB (95 % interval {low / 1e6:,.0f} to {high / 1e6:,.0f}) at {found.params.rtt_ms:g} ms "
            f"and {found.model.bandwidth / 1e6:,.0f} MB/s: nine times what is read while one file is opened. The same rows in "
            f"{found.size('store', True).files} files instead of {found.size('store', False).files} took "
            f"{found.slowdown('store'):.1f} times as long, on the local disk {found.slowdown('disk'):.1f} times.",
        ),
        Decision(
            "How often should a dataset be compacted?",
            f"At {found.load}, {found.advised}. Least was measured every {rung.every:.0f}{_alike(found)}: "
            f"{rung.total_s:.2f} s per micro-batch for queries and compaction together, against {rungs.iloc[0].total_s:.2f} s "
            f"every {rungs.iloc[0].every:.0f} and {rungs.iloc[-1].total_s:.2f} s every {rungs.iloc[-1].every:.0f}.",
        ),
        Decision(
            "By what should a Parquet dataset be partitioned?",
            f"By what most queries ask for, as coarsely as still leaves files of {size:,.0f} MB. Of the least bytes "
            f"that any layout reads for a query, the layouts read on average: "
            + ", ".join(f"{name} {times:.2f} times" for name, times in found.reading.sort_values().items())
            + ". A key finer than the ingestion makes files that no compaction can merge.",
        ),
    ]
