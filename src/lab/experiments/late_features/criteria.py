"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

TARGET = 0.95  # of the events that arrive are in their features: our threshold
POINT = 0.01  # by so much may a predicted share be off
ENOUGH = 30  # late events, fewer of which tell nothing

SHORT, UNGUARDED, BY_DELAY = "short watermark", "no guard", "F(d) as prediction"

CRITERIA = (
    Criterion(
        "features_equal_batch",
        "Once the watermark has passed a window's end, each of its features equals DuckDB's over the same events, late ones that "
        "Spark's rule admits included, at every watermark; features that differ.",
        exactly(0),
        "invariant",
        "features",
        acceptance=True,
    ),
    Criterion(
        "converged_in_time",
        "No feature changes in a batch that was filtered with a watermark past its window's end; changes that came later.",
        exactly(0),
        "invariant",
        "changes",
        acceptance=True,
    ),
    Criterion(
        "late_accounted",
        "Absorbed (found in the features by their numbers) and dropped (sent less counted) make up the late events of the log, "
        "at every watermark: events that are in neither, in both, or counted twice.",
        exactly(0),
        "invariant",
        "events",
        acceptance=True,
    ),
    Criterion(
        "drops_predicted",
        "Exactly those events are missing that Spark's rule drops, replayed over the recorded batches, and each batch had the "
        "watermark of that replay; events and watermarks that differ, in all queries.",
        exactly(0),
        "invariant",
        "differences",
    ),
    Criterion(
        "guard_keeps",
        "One event stamped far ahead costs no other event its place; events that are missing because of it.",
        exactly(0),
        "invariant",
        "events",
    ),
    Criterion(
        "refused_rightly",
        "The guard refuses that event and no real one; events refused or let through wrongly.",
        exactly(0),
        "invariant",
        "events",
    ),
    Criterion(
        "emitted_once",
        "In append mode each feature of a closed window comes out once, with the value at which update mode ended; features of "
        "which that is not so.",
        exactly(0),
        "invariant",
        "features",
    ),
    Criterion(
        "restated_equal",
        "After what `restatement` names was written again from the log, the features equal DuckDB's over all events that "
        "arrived, windows within retention; features that differ.",
        exactly(0),
        "invariant",
        "features",
    ),
    Criterion(
        "target_absorbed",
        f"With the chosen watermark at least {TARGET:.0%} of the events that arrive are in their features (our threshold).",
        at_least(TARGET),
        "ratio",
    ),
    Criterion(
        "share_predicted",
        "The share of events that each watermark takes is what `absorbed_share` said before the run; largest difference.",
        at_most(POINT),
        "ratio",
    ),
    Criterion(
        "state_predicted",
        "The mean number of rows of state at the longest watermark is what a line through the shorter ones predicts: "
        "difference / measured.",
        at_most(0.15),
        "ratio",
    ),
    Criterion(
        "late_events_came",
        "Events that came after their window's end was seen.",
        at_least(ENOUGH),
        "ratio",
        "events",
        precondition=True,
    ),
    Criterion(
        "log_as_sent",
        "The topic holds every event once, in the order of arrival, when the queries begin; records that differ.",
        exactly(0),
        "invariant",
        "records",
        precondition=True,
    ),
)

CONTROLS = (
    Control(
        SHORT,
        "The shortest watermark of the sweep, which by the prediction misses the target.",
        breaks="target_absorbed",
    ),
    Control(
        UNGUARDED,
        "The same job without the guard: the event from the future reaches the watermark.",
        breaks="guard_keeps",
    ),
    Control(
        BY_DELAY,
        "The share predicted by the distribution of delays, F(watermark), in place of Spark's rule.",
        breaks="share_predicted",
    ),
)
