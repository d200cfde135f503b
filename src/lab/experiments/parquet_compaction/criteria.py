"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

RATIO_LIMIT, OVERHEAD_LIMIT, FIT_LIMIT, ERROR_LIMIT = 1.5, 2.0, 0.9, 0.2
SCATTER_LIMIT = 0.1  # half of what a model may err by

CRITERIA = (
    Criterion(
        "query_time_improves",
        "Average query time before compaction over that after it, in the layout that gains least; of each query the "
        "median of its timings.",
        at_least(RATIO_LIMIT),
        "ratio",
        "times",
        acceptance=True,
    ),
    Criterion(
        "write_overhead",
        "Bytes rewritten for each byte ingested, at the compaction interval with the least measured total, as the link "
        "counted them.",
        at_most(OVERHEAD_LIMIT),
        "ratio",
        acceptance=True,
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
        "interval_predicted",
        "At a middle interval the model predicts the median query, and of the form of the model, fitted on the other "
        "intervals' compactions, the median compaction; the larger error.",
        at_most(ERROR_LIMIT),
        "ratio",
    ),
    Criterion(
        "larger_scan_predicted",
        "The model of full scans, fitted on half of it at most, predicts the large scan in each size of file; the largest "
        "error.",
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
        "readers_met_compaction",
        "Readings that began before the end and ended after the start of a compaction that rewrote something, for each "
        "one asked for (parameter readings).",
        at_least(1.0),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "round_trip_honest",
        "A small GET through the link takes the stated round trip longer than without it; deviation of the median.",
        at_most(0.25),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "timings_steady",
        "Standard deviation of the timings of one query, layout and state over the link, as a share of their mean, pooled.",
        at_most(SCATTER_LIMIT),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "caches_cold",
        "Timed queries that fetched less than the same query did at another time, or did not ask for every file.",
        exactly(0),
        "invariant",
        "queries",
        precondition=True,
    ),
    Criterion(
        "all_compacted",
        "Layouts in which compaction did not leave fewer files than it found.",
        exactly(0),
        "invariant",
        "layouts",
        precondition=True,
    ),
)

CONTROLS = (
    Control(
        "over-partitioned",
        "The same log in partitions as fine as its ingestion: none ever holds two files, so compaction finds nothing to merge.",
        breaks="query_time_improves",
    ),
    Control(
        "in place",
        "Compaction without a log: readers list the folder while files are merged and deleted in it.",
        breaks="reader_sees_whole",
    ),
)
