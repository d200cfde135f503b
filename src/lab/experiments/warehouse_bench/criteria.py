"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_most, exactly

LAW_LIMIT = 0.3
REPEAT_LIMIT = 1.5

CRITERIA = (
    Criterion(
        "answers_published",
        "Every answer of every engine, format, layout and round equals the published answer of TPC-H at its scale "
        "factor, value by value: values that differ (texts, dates and whole numbers exactly; decimals to the scale "
        "that the engine returns).",
        exactly(0),
        "invariant",
        "values",
        acceptance=True,
    ),
    Criterion(
        "nothing_left_out",
        "Every query ran on every engine, format and layout that the engine reads, in every round: executions missing.",
        exactly(0),
        "invariant",
        "executions",
        acceptance=True,
    ),
    Criterion(
        "ranking_reproducible",
        "The order of the engines by the geometric mean of latency is the same in the odd and in the even rounds, which "
        "are interleaved: pairs of engines on one dataset that change places, of those whose ratio's interval "
        "excludes 1.",
        exactly(0),
        "ratio",
        "pairs",
        acceptance=True,
    ),
    Criterion(
        "numbers_reproducible",
        "The ratio of two engines' geometric means, over all formats that both have, is the same in odd and even rounds, "
        "for the same bytes and for own tables: largest factor between the two.",
        at_most(REPEAT_LIMIT),
        "ratio",
        "times",
        precondition=True,
    ),
    Criterion(
        "same_bytes",
        "In the same-bytes comparison, the data files behind the Iceberg and Delta tables are the Parquet files that were "
        "written once: files whose SHA-256 differs.",
        exactly(0),
        "invariant",
        "files",
    ),
    Criterion(
        "bytes_were_read",
        "No engine answers from a cache of results: executions in which the kernel saw it read less than a hundredth "
        "of the bytes of the query's tables.",
        exactly(0),
        "invariant",
        "executions",
    ),
    Criterion(
        "law_holds",
        "Fitted to two scale factors, a + b x bytes predicts the time of the mean query at the third, at which engines "
        "are compared: largest relative error of the engines.",
        at_most(LAW_LIMIT),
        "ratio",
    ),
    Criterion(
        "slowest_query",
        "Longest median latency of a query.",
        at_most(60.0),
        "absolute",
        "s",
    ),
)

CONTROLS = (
    Control(
        "one flipped bit",
        "The lowest bit of one price in a data file of lineitem is turned over: one cent in one row.",
        breaks="answers_published",
    ),
)
