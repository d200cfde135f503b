"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly
from lab.experiments.cdc_lakehouse.design import ANYWHERE, ARRIVAL, THROUGH, UPSERTS

CRITERIA = (
    Criterion(
        "rows_equal_source",
        "After the load every row of the lake equals the source's, all columns, compared by key; rows missing, "
        "too many or different.",
        exactly(0),
        "invariant",
        "rows",
        acceptance=True,
    ),
    Criterion(
        "checksum_equal",
        "The checksum over all rows is the same on both sides.",
        exactly(True),
        "invariant",
    ),
    Criterion(
        "consistency_rate",
        "At every snapshot that a reader could have seen, all rows equal those that the source had after the same "
        "transactions; share of such snapshots.",
        exactly(1.0),
        "invariant",
        acceptance=True,
    ),
    Criterion(
        "sum_at_every_snapshot",
        "The sum of balances is the same at every snapshot; snapshots where it is not.",
        exactly(0),
        "invariant",
        "snapshots",
    ),
    Criterion(
        "nothing_lost_or_repeated",
        "Every transaction that the source committed, and no other, is told once, and each snapshot begins where the "
        "one before ended, through all kills; violations.",
        exactly(0),
        "invariant",
        "violations",
    ),
    Criterion(
        "lag_explained",
        "Mean lag is the time of capture, plus half the time between commits, plus the time that a batch takes; "
        "largest relative deviation over the commit intervals.",
        at_most(0.35),
        "ratio",
    ),
    Criterion(
        "lag_above_floor",
        "No commit interval has a median lag below half of itself, which no design with such commits could beat; "
        "lowest median lag / half the interval.",
        at_least(1.0),
        "ratio",
    ),
    Criterion(
        "load_reached",
        "The source did its transactions on schedule: share of them that were done when the schedule ended, one "
        "second allowed.",
        at_least(0.99),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "every_operation_occurred",
        "Each kind of operation that breaks naive pipelines was committed; least number of any kind.",
        at_least(1),
        "invariant",
        "operations",
        precondition=True,
    ),
    Criterion(
        "killed_at_work",
        "SIGKILL hit work in progress: Connect with committed changes not yet in Kafka, Spark in a MERGE that "
        "had begun and is not committed; processes that were hit only at rest.",
        exactly(0),
        "invariant",
        "processes",
        precondition=True,
    ),
    Criterion(
        "lag_p95",
        "95th percentile of the lag from the source's commit to the snapshot's visibility, at the shortest commit "
        "interval, without faults.",
        at_most(10.0),
        "absolute",
        "s",
    ),
)

CONTROLS = (
    Control(
        ANYWHERE.name,
        "The same events in order of the log, cut into batches by a share of each partition's offsets, as "
        "`maxOffsetsPerTrigger` does.",
        breaks="sum_at_every_snapshot",
    ),
    Control(
        ARRIVAL.name,
        "The same events in the order in which a consumer of several partitions gets them.",
        breaks="rows_equal_source",
    ),
    Control(
        UPSERTS.name,
        "Deletes and TRUNCATE passed over.",
        breaks="rows_equal_source",
    ),
    Control(
        THROUGH.name,
        "Debezium's placeholder for an unchanged TOAST value written into the table.",
        breaks="rows_equal_source",
    ),
)
