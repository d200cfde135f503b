"""What is claimed, declared before any run. The limits are our thresholds."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

NO_DEDUPLICATION, NO_LATENESS = "no deduplication", "watermark 0"

CRITERIA = (
    Criterion(
        "rate_reached",
        "The events are handed over in the time that the schedule takes: scheduled over real duration.",
        at_least(0.99),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "all_sent",
        "Kafka acknowledges every message: messages that it does not have.",
        exactly(0),
        "invariant",
        "messages",
        precondition=True,
    ),
    Criterion(
        "accurate",
        "Every final window whose events all come within the allowed delay equals DuckDB's over the generator's log, in "
        "count, sum, mean and distinct values: windows that differ or are missing, of all three sizes.",
        exactly(0),
        "invariant",
        "windows",
        acceptance=True,
    ),
    Criterion(
        "counted_once",
        "No window counts more events than there were, though copies come soon after and far apart: windows that do.",
        exactly(0),
        "invariant",
        "windows",
        acceptance=True,
    ),
    Criterion(
        "drops_predicted",
        "Events that are in no window are as many as Spark's rule, replayed over the recorded batches, drops; worst query's "
        "difference.",
        exactly(0),
        "invariant",
        "events",
    ),
    Criterion(
        "late_as_predicted",
        "Every window with a later event equals DuckDB's over those events that the rule lets in: windows that differ.",
        exactly(0),
        "invariant",
        "windows",
    ),
    Criterion(
        "watermark_predicted",
        "In every batch Spark's watermark is the replayed one: batches in which it is another.",
        exactly(0),
        "invariant",
        "batches",
    ),
    Criterion(
        "emitted_once",
        "In append mode each window is written once: windows written again.",
        exactly(0),
        "invariant",
        "windows",
    ),
    Criterion(
        "lost_as_predicted",
        "With a watermark of 0 the rule predicts the lost events too: difference.",
        exactly(0),
        "invariant",
        "events",
    ),
    Criterion(
        "state_predicted",
        "State rows of the smallest slide against users × (event time held + window) / slide: relative error.",
        at_most(0.1),
        "ratio",
    ),
    Criterion(
        "bytes_predicted",
        "The checkpoint's bytes of the smallest slide, from those of the larger ones by windows per event: relative error.",
        at_most(0.3),
        "absolute",
    ),
    Criterion(
        "prompt",
        "95 % of the events are in a window at the sink within this time of their intended send, in update mode.",
        at_most(10.0),
        "absolute",
        "s",
    ),
)

CONTROLS = (
    Control(
        NO_DEDUPLICATION,
        "The same windows of 5 min without dropDuplicatesWithinWatermark.",
        breaks="counted_once",
    ),
    Control(
        NO_LATENESS,
        "The same windows of 5 min with an allowed lateness of 0.",
        breaks="accurate",
    ),
)
