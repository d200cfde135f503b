"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

# Names of the controls.
ANYWHERE = "batches split in mid-transaction"
ARRIVAL = "order of arrival"
UPSERTS = "inserts and updates only"
THROUGH = "unchanged-TOAST marker written through"

PREDICTED_WITHIN = 0.35  # our threshold: how far a line may miss the largest table, relative

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
        "nothing_lost",
        "Every transaction that the source committed is in the newest snapshot when the wait for it ends, and every row "
        "change of it is in Kafka, through all kills; transactions and changes that are not.",
        exactly(0),
        "invariant",
        "losses",
    ),
    Criterion(
        "nothing_repeated",
        "No transaction and no change is told twice, none that was not committed, and each batch begins where the "
        "one before ended, through all kills; violations.",
        exactly(0),
        "invariant",
        "violations",
    ),
    Criterion(
        "lag_predicted",
        "Median and 95th percentile of the lag at each longer commit interval are those at the shortest, plus half and "
        "0.95 of the difference between the intervals; largest relative deviation.",
        at_most(0.15),
        "ratio",
    ),
    Criterion(
        "batch_predicted",
        "The time of the same batch into the largest table is what a line through the smaller ones predicts, the fastest "
        "batch of each; relative deviation. The limit is our threshold.",
        at_most(PREDICTED_WITHIN),
        "ratio",
    ),
    Criterion(
        "sized_tables_right",
        "The tables of different sizes, format versions and modes hold what they should after their batches, read by "
        "DuckDB; rows that are missing, too many or different.",
        exactly(0),
        "invariant",
        "rows",
    ),
    Criterion(
        "interval_kept",
        "The sink committed as often as it was told, before any fault; largest relative deviation of the median time "
        "between batches from a commit interval.",
        at_most(0.1),
        "ratio",
        precondition=True,
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
        "By the source's own log each kind of operation was committed at least ten times, TRUNCATE with reload twice, the "
        "new column once; kinds that were not.",
        exactly(0),
        "invariant",
        "kinds",
        precondition=True,
    ),
    Criterion(
        "killed_at_work",
        "Each kind of SIGKILL that `faults` asks for hit its window: spark_batch a batch that was begun and not committed; "
        "spark_commit the time between a commit in the catalog and the driver's word of it; connect committed changes that "
        "were not yet in Kafka; kinds asked for that never did.",
        exactly(0),
        "invariant",
        "kinds",
        precondition=True,
    ),
    Criterion(
        "operations_in_outage",
        "Between each kill and the recovery the source committed every kind of change of a row that breaks naive "
        "pipelines, and in one of these outages at least a TRUNCATE; least number of any kind.",
        at_least(1),
        "invariant",
        "operations",
        precondition=True,
    ),
    Criterion(
        "snapshots_after_recovery",
        "After the snapshot that ended an outage more followed under load, before the next kill; least number.",
        at_least(2),
        "invariant",
        "snapshots",
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
        ANYWHERE,
        "The same events in order of the log, cut into batches by a share of each partition's offsets, as "
        "`maxOffsetsPerTrigger` does.",
        breaks="sum_at_every_snapshot",
    ),
    Control(
        ARRIVAL,
        "The same events in the order in which a consumer of several partitions gets them.",
        breaks="rows_equal_source",
    ),
    Control(
        UPSERTS,
        "Deletes and TRUNCATE passed over.",
        breaks="rows_equal_source",
    ),
    Control(
        THROUGH,
        "Debezium's marker for an unchanged TOAST value written into the table.",
        breaks="rows_equal_source",
    ),
)
