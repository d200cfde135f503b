"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

MARGIN = 1.25  # times; engines that are nearer to one another than this are not ranked
MODEL_LIMIT = 0.3
REPEAT_LIMIT = 1.5
MIXED_LIMIT = 0.9

CRITERIA = (
    Criterion(
        "answers_published",
        "Every answer of every engine, format and round equals the published answer of TPC-H at its scale "
        "factor, value by value: values that differ (texts, dates and whole numbers exactly; decimals to the scale "
        "that the engine returns).",
        exactly(0),
        "invariant",
        "values",
        acceptance=True,
    ),
    Criterion(
        "nothing_left_out",
        "What was run and compared is what the parameters ask for, by a plan that is made from them alone: executions that "
        "are missing, that nobody asked for, or whose answer was not compared though one is published.",
        exactly(0),
        "invariant",
        "executions",
        acceptance=True,
    ),
    Criterion(
        "ranking_reproducible",
        "The engines' order repeats itself, in the odd against the even rounds and in the early against the late ones: pairs "
        f"of engines on one dataset of which one half finds the first faster by {MARGIN:g} times or more and the other half "
        "the second. Pairs that change places by less are not ranked: a tie, or unclear if one half sees the margin. "
        "A run in which half of the pairs are unclear can't tell.",
        exactly(0),
        "ratio",
        "pairs",
        acceptance=True,
    ),
    Criterion(
        "numbers_reproducible",
        "The ratio of two engines' geometric means, over all formats, is the same in odd and even and in early and late rounds: "
        "largest factor between two halves.",
        at_most(REPEAT_LIMIT),
        "ratio",
        "times",
        precondition=True,
    ),
    Criterion(
        "interleaved",
        "Engines and datasets take turns at random, not in blocks: how often one execution follows another one's engine or "
        "dataset, as a share of what a random order gives.",
        at_least(MIXED_LIMIT),
        "ratio",
        "",
        precondition=True,
    ),
    Criterion(
        "equal_means",
        "Each engine on this machine, asked itself, has all cores and the same memory, and none has a process whose use is not "
        "counted: engines and processes for which that is not so.",
        exactly(0),
        "ratio",
        "",
        precondition=True,
    ),
    Criterion(
        "same_bytes",
        "The data files behind the Iceberg and Delta tables are the Parquet files that were written once: files whose SHA-256 "
        "differs.",
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
        "model_predicts",
        "Fitted to the two smaller scale factors, a + b x bytes predicts the mean of `model_queries` at the largest, which lies "
        "outside of them, by the medians of the rounds and on each engine: largest relative error of the engines.",
        at_most(MODEL_LIMIT),
        "ratio",
    ),
)

CONTROLS = (
    Control(
        "one cent more",
        "In a data file of lineitem one price is a cent more than it was. DuckDB answers over that file; over its twin, written "
        "anew without the change, it must answer rightly, or the control shows nothing.",
        breaks="answers_published",
    ),
)
