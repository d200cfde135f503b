"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.parquet_compaction.measure.query_times import DISK, STORE
from lab.experiments.parquet_compaction.mechanism.table_format import ROW_GROUP
from lab.experiments.parquet_compaction.present.findings import Findings, findings, listed, megabytes, span

# Round trips for each file of a reader that keeps its connections and has the sizes from a log: footer, columns.
KEPT = 2
ALTERNATIVES = (
    Alternative(
        "Apache Iceberg",
        "writes files of 512 MB (write.target-file-size-bytes) with row groups of 128 MB; rewrite_data_files merges files below "
        "three quarters of that, from 5 on (min-input-files); planning counts opening a file as 4 MB (read.split.open-file-cost)",
        "Apache Iceberg 1.5.2 documentation: Configuration; Spark procedures (the same in 1.10)",
    ),
    Alternative(
        "Delta Lake",
        "OPTIMIZE aims at files of 1 GB (optimize.maxFileSize); automatic compaction at 128 MB, from 50 small files on",
        "Delta Lake 3.2: DeltaSQLConf; documentation, Optimizations",
    ),
    Alternative(
        "row-group size",
        f"here {ROW_GROUP:,} rows, the unit that a reader skips by minima and maxima; DuckDB writes 122,880 rows, Parquet's "
        "authors advise 512 MB to 1 GB for HDFS",
        "DuckDB 1.4 documentation: Parquet tips; parquet.apache.org: Configurations",
    ),
    Alternative(
        "sorting and clustering",
        "instead of finer partitions: rows sorted, or along a Z-order curve, so that several columns skip row groups; here "
        "merged files are sorted by two columns",
        "Delta Lake: OPTIMIZE ZORDER BY (2.0), liquid clustering by CLUSTER BY (3.1); Iceberg 1.5.2: rewrite_data_files, sort",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    found = findings(treatment, controls)
    params, ratios = found.params, found.layouts.set_index("layout")["ratio"]
    return Summary(
        answer=(
            f"With DuckDB's file cache off and the store {found.round_trip_ms:.3g} ms away a file costs {found.trips:.0f} round "
            f"trips, {found.handshakes:.0f} of them handshakes; compaction makes the average query {ratios.min():.1f} to "
            f"{ratios.max():.1f} times as fast. "
            f"The same {found.scan_bytes / 1e6:,.0f} MB took {found.told_scans}. "
            f"At {found.load} compact after {span(found.good_intervals)} of them{_not(found.poor_intervals)}."
        ),
        conditions=[
            f"first visits: DuckDB's file cache off, {found.trips:.0f} round trips a file, {params.threads} files opened at once",
            f"a log of {found.layouts['bytes_after'].median() / 1e6:,.0f} MB, scans of {found.scan_bytes / 1e6:,.0f} MB, moved "
            f"and decoded at {found.model.bandwidth / 1e6:,.0f} MB/s",
            f"{found.load} of {found.layouts['bytes_before'].median() / params.batches / 1e6:.1f} MB, which reads everything",
        ],
        headline=Metric(
            "gain",
            float(ratios.min()),
            "times",
            f"average query after compaction as fast as before, {ratios.idxmin()}",
            interval=treatment.observed["query_time_improves"].interval,
            method="least and longest timings",
            better="higher",
        ),
        figure="file_sizes",
        decisions=[_size(found), _fewer_trips(found), _interval(found), _partition(found), _disk(found)],
        alternatives=ALTERNATIVES,
    )


def _not(poor: list[int]) -> str:
    return f", not {' or '.join(map(str, poor))}" if poor else ""


def _size(found: Findings) -> Decision:
    times = found.scans["times"]
    told = listed(f"{more:.1f} in {size} MB" for more, size in zip(times, found.told_sizes, strict=True))
    lead = (
        "The larger the better, with ever less to gain" if times.is_monotonic_decreasing else "Of those tried"
    )
    return Decision(
        "How large should Parquet files on an object store be?",
        f"{lead}. Against the quickest a scan of the same {found.scan_bytes / 1e6:,.0f} MB took this many times as long in files "
        f"of each size: {told}; larger ones were not tried.",
        grade="measured",
        rests_on=("larger_scan_predicted", *(f"files_{files}.scan_s" for files in found.scans["files"])),
        figure="file_sizes",
    )


def _fewer_trips(found: Findings) -> Decision:
    low, high = found.file_bytes_interval
    kept, share = KEPT / found.trips, found.params.tolerance
    return Decision(
        f"How large must a file be so that opening it takes {'a tenth' if share == 0.1 else f'{share:.0%}'} of the time at most?",
        f"At {found.trips:.0f} round trips a file {megabytes(found.file_bytes, found.file_bytes_interval)}, in proportion to "
        f"their length and to the bandwidth. At {KEPT}, of a reader that keeps its connections and knows the sizes, "
        f"{megabytes(found.file_bytes * kept, (low * kept, high * kept))}.",
        grade="simulated",
        rests_on=("store.open", "store.per_mb", "larger_scan_predicted"),
        basis="the cost model, opening in proportion to round trips; a reader of two trips was not timed",
        figure="file_sizes",
    )


def _interval(found: Findings) -> Decision:
    rows, poor = found.intervals.set_index("every"), found.poor_intervals
    more = rows["total_s"] / found.best_interval.total_s - 1
    told = " and ".join(f"{every} took {more[every]:.0%} more" for every in poor)
    return Decision(
        "How often should a dataset be compacted?",
        f"At {found.load}, after {span(found.good_intervals)} micro-batches: within {found.params.tolerance:.0%} of the least "
        f"total of queries and compaction, or not distinguishable from it"
        + (f". Of those tried, {told}." if poor else "; none that was tried is distinguishable as worse."),
        grade="measured",
        rests_on=(
            "write_overhead",
            "interval_predicted",
            *(f"every_{every}.total_s" for every in rows.index),
        ),
        figure="compaction_interval",
    )


def _partition(found: Findings) -> Decision:
    after, control, reading = found.layouts["seconds_after"], found.control.iloc[0], found.reading
    least = [f"“{name}”" for name in reading[reading <= (1 + found.params.tolerance) * reading.min()].index]
    return Decision(
        "By what should a Parquet dataset be partitioned?",
        f"By what queries filter on: compacted, {listed(least)} read least, “{reading.idxmax()}” {reading.max():.1f} times as "
        f"much, though all take {after.min():.2f} to {after.max():.2f} s at this size. Never finer than the ingestion: there "
        f"compaction gains nothing ({control.seconds_before:.2f} s before, {control.seconds_after:.2f} s after).",
        grade="measured",
        rests_on=("query_time_improves", *(f"{name}.after.query_s" for name in found.layouts["layout"])),
        figure="layouts",
    )


def _disk(found: Findings) -> Decision:
    return Decision(
        "Can a local disk stand in for the object store in a benchmark of layouts?",
        f"No: on the disk a file costs {found.disk.open_s * 1e3:.2g} ms and compaction makes the average query "
        f"{found.gain(DISK):.1f} times as fast, over the link "
        f"{found.model.open_s * 1e3:.2g} ms and {found.gain(STORE):.1f} times.",
        grade="measured",
        rests_on=("store.open", "disk.open"),
        figure="layouts",
    )
