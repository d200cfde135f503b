"""What is claimed, declared before any run. The limits are our thresholds."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

OVERHEAD_LIMIT = 0.3

CRITERIA = (
    Criterion(
        "loop_exact",
        "After every round the output of consume-transform-produce, read as committed, equals what was sent: messages "
        "lost, repeated or unknown, after the worst round.",
        exactly(0),
        "invariant",
        "messages",
        acceptance=True,
    ),
    Criterion(
        "sink_exact",
        "After every round the rows in PostgreSQL, written by Spark Structured Streaming, equal what was sent: rows lost, "
        "repeated or unknown, after the worst round.",
        exactly(0),
        "invariant",
        "rows",
        acceptance=True,
    ),
    Criterion(
        "order_kept",
        "Within a partition no message of the exactly-once loop comes after one that was sent later: messages overtaken.",
        exactly(0),
        "invariant",
        "messages",
    ),
    Criterion(
        "faults_real",
        "Every planned fault happened where it hurts: faults without proof (the process seen dead or stopped in mid-batch; "
        "the transaction committed by pg_xact_status while its client was told of a lost connection).",
        exactly(0),
        "invariant",
        "faults",
        precondition=True,
    ),
    Criterion(
        "zombie_fenced",
        "A transactional processor that was stopped while a successor took its transactional.id is refused when it tries "
        "to commit: zombies that were not.",
        exactly(0),
        "invariant",
        "zombies",
    ),
    Criterion(
        "aborted_invisible",
        "Records of transactions that did not commit are shown to a reader that reads uncommitted, and to none that reads "
        "committed: those that were shown.",
        exactly(0),
        "invariant",
        "records",
    ),
    Criterion(
        "halves_kept",
        "Each weaker mode keeps what it promises: messages lost at least once, repeated at most once.",
        exactly(0),
        "invariant",
        "messages",
    ),
    Criterion(
        "load_reached",
        "The load is sent at the planned rate, whatever happens to the broker: the slowest round's share of it.",
        at_least(0.99),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "overhead_predicted",
        "A transaction of the largest size takes the time (lower quartile) that a line through the smaller sizes predicts; "
        "relative error. Undecided where resamples disagree, or a constant would pass as well.",
        at_most(OVERHEAD_LIMIT),
        "ratio",
    ),
)

CONTROLS = (
    Control(
        "at least once",
        "The same loop without a transaction: it writes, then commits its offsets.",
        breaks="loop_exact",
    ),
    Control(
        "at most once",
        "The same loop, the other way round: it commits its offsets, then writes.",
        breaks="loop_exact",
    ),
    Control(
        "appended",
        "The same Spark batches, appended in the same database transactions, without asking for the batch's id.",
        breaks="sink_exact",
    ),
)
