"""What grows with the rate of changes, with the table, with the number of tables; and what with commits only."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Metric, Model, Prediction, Result
from lab.experiments.cdc_lakehouse.present.findings import COPY, MERGE, Findings, findings

_HOUR, _DAY = 3600, 86_400


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Lag, retained log, batch time, files and bytes as functions of interval, rate and size of the table."""
    found = findings(treatment, controls)
    first, last = found.shortest, found.longest
    # A change can't cost less than nothing, whatever the interval of the fit says.
    low, high = 1000 * max(0.0, found.preparing.low), 1000 * found.per_change[1]
    return Model(
        statement=(
            "Median lag is half the time T between commits, and what the pipeline takes in any case (c), which grows with the "
            "changes per batch (λ changes/s). While nobody reads the replication slot, the source keeps all its log, on top of "
            "what the slot holds back anyway. "
            "The number of files depends on the commits only. Copy-on-write writes the files that hold a changed row, with "
            "keys all over the table that is the table (S); merge-on-read writes the n changed rows."
        ),
        formula=(
            # Each line fits a phone.
            r"\begin{gathered}\tilde L = \frac{T}{2} + c + c_1 (\lambda - \lambda_0) T \\ T > c_0 + c_1 (\lambda - \lambda_0) T\\"
            r"\text{log retained} = r + w \cdot \text{outage} \\ \text{files per day} = \frac{86\,400\ \text{s}}{T}\, f\\"
            r"\text{copy-on-write} \approx S \text{ bytes a commit} \\ \text{merge-on-read} \approx b\,n"
            r"\end{gathered}"
        ),
        constants=[
            Metric("lambda", found.change_rate, "changes/s", "λ₀, in this run"),
            Metric(
                "c", found.pipeline, "s", f"c, from {first.interval:g} s: median lag less half the interval"
            ),
            Metric("c0", found.per_batch, "s", "c₀, a batch at this run's rate, under load"),
            Metric(
                "c1_low",
                low,
                "ms/change",
                "c₁ at least: to read, order and reduce a change, without load (95 % interval)",
            ),
            Metric("c1_high", high, "ms/change", "c₁ at most"),
            Metric("r", found.log_behind / 1e6, "MB", "r, kept by the slot without an outage, at most"),
            Metric(
                "w",
                found.log_rate / 1e6,
                "MB/s",
                "w, write-ahead log (mean, with reloads and this experiment's own log)",
            ),
            Metric("f", found.per_commit, "files/commit", "f"),
            Metric("b", found.bytes_per_row, "bytes/row", "b, merge-on-read"),
            Metric("S", found.table_bytes / 1000, "kB", "S, table"),
        ],
        check=Prediction(
            f"a commit interval of {last.interval:g} s, from what was seen at {first.interval:g} s (median lag without faults)",
            median_lag(found, 1, float(last["interval"])),
            float(last["p50"]),
            "s",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        advice=_advice(found),
    )


def median_lag(found: Findings, factor: float, interval: float) -> float:
    """s, at so many times the rate of changes and this commit interval, if a batch is done within it.

    The cautious end: with the cost of a change at the upper end of its interval.
    """
    more = found.per_change[1] * found.change_rate * (factor - 1) * interval
    return interval / 2 + found.pipeline + more


def shortest_interval(found: Findings, factor: float) -> float:
    """Smallest T, s, at which a batch is done before the next one is due, cautiously; infinite if none is."""
    room = 1 - found.per_change[1] * found.change_rate * (factor - 1)
    return found.per_batch / room if room > 0 else float("inf")


def _row(found: Findings, factor: int) -> dict[str, object]:
    least = shortest_interval(found, factor)
    interval = max(found.shortest.interval, least)
    fits = least < float("inf")
    return {
        "factor": factor,
        "changes/s": round(found.change_rate * factor),
        "log kept in an hour's outage, GB": (found.log_behind + found.log_rate * factor * _HOUR) / 1e9,
        "shortest interval one driver can surely keep, s": round(least, 2) if fits else "none",
        "median lag at it or at this run's, s": round(median_lag(found, factor, interval), 1)
        if fits
        else "grows without end",
        "files a day without compaction": round(_DAY / interval * found.per_commit) if fits else "–",
        "copy-on-write a day, table so many times larger, GB": found.table_bytes
        * factor
        * _DAY
        / found.shortest.interval
        / 1e9,
    }


def _advice(found: Findings) -> list[str]:
    first = found.shortest
    commits = _DAY / first.interval
    return [
        _end_of_one_driver(found),
        f"A slot without a reader keeps {found.log_rate * _HOUR / 1e9:,.1f} GB of log an hour at this rate, counted from its "
        "`restart_lsn`; that may lie behind `confirmed_flush_lsn`, above all while a long transaction is open. Set "
        "`max_slot_wal_keep_size` below the free disk, alert on `restart_lsn` long before, and know that past the "
        "limit the slot is lost and a new snapshot due.",
        f"A shorter interval than {found.per_batch:.1f} s can't be kept: a batch of a few hundred changes takes that "
        "long on this machine.",
        f"Commits every {first.interval:g} s make {commits * found.per_commit:,.0f} files a day. Compact when a scan opens "
        "more delete files than data files, and keep snapshots only as long as readers need them.",
        _modes(found),
        f"Many tables: Iceberg commits each by itself, and one driver that merges one table after the other keeps at most "
        f"{max(1, int(found.longest.interval / found.per_batch))} of them at {found.longest.interval:g} s. From there, merge in "
        "parallel, and commit rarely changed tables less often. For sums across tables write the same cut into each table's "
        "snapshot summary, and let a reader take, of every table, the snapshot of the last cut that all of them have.",
    ]


def _end_of_one_driver(found: Findings) -> str:
    """An interval, and only if the parts give one."""
    design = "let Spark reduce them: partition by transaction for the check of completeness, then by key for the order."
    if not found.preparing.known:
        return (
            "How many changes per second one driver can take, this run can't tell: what a change costs is too uncertain "
            f"({1e6 * found.preparing.low:,.0f} to {1e6 * found.preparing.high:,.0f} µs). When batches come to take as long as "
            f"the interval, {design}"
        )
    low, high = found.limit
    return (
        f"One driver that reads, orders and reduces all changes in its own memory ends at the latest between {low:,.0f} and "
        f"{high:,.0f} changes/s ({low / found.change_rate:,.0f} to {high / found.change_rate:,.0f} times this run's; 95 % "
        f"interval, measured without load and without the MERGE, which comes on top). Before that, {design}"
    )


def _modes(found: Findings) -> str:
    copies, merges = found.smallest_and_largest(COPY), found.smallest_and_largest(MERGE)
    told = [
        f"{copy.written / 1000:,.0f} kB and {merge.written / 1000:,.0f} kB to change {copy.rows} rows"
        for copy, merge in zip(copies, merges, strict=True)
    ]
    return (
        f"Copy-on-write and merge-on-read wrote {', '.join(told)}. Take copy-on-write for a table that is read often and "
        "changed rarely, or as a whole; else merge-on-read, and compaction is its price."
    )
