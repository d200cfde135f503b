"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lab.evidence.result import Alternative, Decision, Result, Summary
from lab.experiments.cdc_lakehouse.measure.sizes import CHANGED, COPY
from lab.experiments.cdc_lakehouse.present.findings import findings

_ICEBERG = "Apache Iceberg 1.12 documentation"
_DEBEZIUM = "Debezium 3.7 documentation, PostgreSQL connector"
ALTERNATIVES = (
    Alternative(
        "Debezium's default",
        "`provide.transaction.metadata` is off: events carry no END, and a consumer can't tell where a transaction ends.",
        _DEBEZIUM,
    ),
    Alternative(
        "Order by source.sequence",
        "With one partition the events themselves come in commit order. Not tried here: it gives up reading in parallel.",
        _DEBEZIUM,
    ),
    Alternative(
        "Iceberg's own Kafka Connect sink",
        "Commits every five minutes by default (`iceberg.control.commit.interval-ms`), and appends events; it merges no rows.",
        _ICEBERG,
    ),
    Alternative(
        "Flink's upserts",
        "Commits at checkpoints and writes equality deletes, so that it need not read the table; scans pay for them.",
        _ICEBERG,
    ),
    Alternative(
        "Iceberg's default mode",
        "`write.merge.mode` is copy-on-write: each commit rewrites the data files that hold a changed row.",
        _ICEBERG,
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    found = findings(treatment, controls)
    snapshots = found.table("snapshots")
    equal, first, last = int((snapshots["wrong"] == 0).sum()), found.shortest, found.longest
    ratio, largest = found.treatment.metric("size_ratio"), int(found.by_size["rows"].iloc[-1])
    broken, early = found.torn
    kills = len(found.table("faults"))
    small, copied = int(found.by_size["rows"].iloc[0]), int(found.of(COPY, 2)["rows"])
    took = found.by_size["took"]
    return Summary(
        answer=(
            f"{equal} of {len(snapshots)} snapshots equal the source row by row, through deletes, TRUNCATE, changed keys and "
            f"{kills} SIGKILL{'s' if kills != 1 else ''}. Median lag is {first.p50:.1f} s at a commit every "
            f"{first.interval:g} s, in a table of {found.accounts:,} rows; a batch into {largest:,} rows takes "
            f"{ratio.value:.1f} times as long as into {small:,}. "
            f"Batches split in mid-transaction show a wrong sum in {broken} of {early} snapshots before the last."
        ),
        conditions=[
            f"one table, {found.change_rate:,.0f} changes/s, one Spark driver; tables of other sizes get {CHANGED} rows a batch",
            "all services on one machine: no network between database, Kafka, driver and object store",
            "Debezium's transaction metadata in one partition; PostgreSQL's default replica identity",
        ],
        headline=replace(ratio, text=f"a batch into {largest:,} rows, over one into {small:,}"),
        figure="sums",
        alternatives=ALTERNATIVES,
        decisions=[
            Decision(
                "How often should a sink commit to Iceberg?",
                f"Half a second of median lag for each second between commits, by the model; seen are {first.p50:.1f} s at "
                f"{first.interval:g} s and {last.p50:.1f} s at {last.interval:g} s. A batch takes {first.took:.1f} s under this "
                "load; an interval shorter than that can't be kept.",
                "measured",
                (
                    f"lag_p50_{first.interval:g}s",
                    f"lag_p50_{last.interval:g}s",
                    f"batch_{first.interval:g}s",
                    "lag_predicted",
                ),
                figure="lag_distribution",
            ),
            Decision(
                "May a batch of change events be split in mid-transaction?",
                f"Not if readers add up rows: {broken} of {early} snapshots before the last were wrong. End it where a "
                "transaction ends, and commit the offsets in the same snapshot.",
                "measured",
                ("sum_at_every_snapshot", "consistency_rate"),
                figure="sums",
            ),
            Decision(
                "Does the size of the lake's table matter to a batch?",
                f"Yes: at the fastest {took.iloc[0]:.1f} s into {small:,} rows and "
                f"{took.iloc[-1]:.1f} s into {largest:,}, for the same {CHANGED} rows: MERGE scans the "
                "table.",
                "measured",
                ("size_ratio", "batch_predicted"),
                figure="batch_by_size",
            ),
            Decision(
                "Copy-on-write or merge-on-read?",
                f"Merge-on-read for small batches: for {CHANGED} rows spread over {copied:,} copy-on-write wrote "
                f"{found.copied:,.0f} times the bytes. Compaction is the price.",
                "measured",
                ("copied_ratio",),
                figure="batch_by_size",
            ),
        ],
    )
