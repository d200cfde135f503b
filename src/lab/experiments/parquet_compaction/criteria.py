"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

RATIO_LIMIT, OVERHEAD_LIMIT, FIT_LIMIT, ERROR_LIMIT = 1.5, 2.0, 0.9, 0.2

CRITERIA = (
    Criterion(
        "query_time_improves",
        "Average query time before compaction over that after it, in the layout that gains least.",
        at_least(RATIO_LIMIT),
        "ratio",
        "times",
        acceptance=True,
    ),
    Criterion(
        "write_overhead",
        "Bytes rewritten for each byte ingested, at the recommended frequency, as the link counted them.",
        at_most(OVERHEAD_LIMIT),
        "ratio",
        acceptance=True,
    ),
    Criterion(
        "tpch_unchanged",
        "All 22 TPC-H answers are the published ones, in every layout, before and after compaction.",
        exactly(0),
        "invariant",
        "wrong answers",
    ),
    Criterion(
        "answers_right",
        "Every timed query on the event log gives what a brute force over the generator's arrays gives.",
        exactly(0),
        "invariant",
        "wrong answers",
    ),
    Criterion(
        "model_fits",
        "T = fixed + files × t_open + bytes / bandwidth explains the times of the layouts that it was fitted on (R²).",
        at_least(FIT_LIMIT),
        "ratio",
    ),
    Criterion(
        "held_out_predicted",
        "The model predicts the average query time of a layout that it was not fitted on; the larger error of "
        "before and after.",
        at_most(ERROR_LIMIT),
        "ratio",
    ),
    Criterion(
        "reader_sees_whole",
        "Readings during compaction that are not a whole state of the dataset, no older than the reading's start.",
        exactly(0),
        "invariant",
        "readings",
    ),
    Criterion(
        "crash_loses_nothing",
        "Compactions killed half-way (SIGKILL) after which a row is lost or repeated.",
        exactly(0),
        "invariant",
        "kills",
    ),
    Criterion(
        "second_run_heals",
        "Kills after which a second compaction and a clean-up do not leave one file per partition and no other.",
        exactly(0),
        "invariant",
        "kills",
    ),
    Criterion(
        "round_trip_honest",
        "A small GET through the link takes the stated round trip longer than without it; deviation of the median.",
        at_most(0.25),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "caches_cold",
        "Timed queries that were served from a cache: over the link they asked for fewer files than they needed, on the "
        "disk they fetched nothing.",
        exactly(0),
        "invariant",
        "queries",
        precondition=True,
    ),
)

CONTROLS = (
    Control(
        "over-partitioned",
        "Partitions as fine as the ingestion: none ever holds two files, so compaction finds nothing to merge.",
        breaks="query_time_improves",
    ),
    Control(
        "in place",
        "Compaction without a log: readers list the folder while files are merged and deleted in it.",
        breaks="reader_sees_whole",
    ),
)
