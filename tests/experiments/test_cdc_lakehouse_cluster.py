"""The experiment's MERGE on a standalone cluster that SPARK_MASTER_URL names: two workers, of which one is killed."""

from __future__ import annotations

import pytest

from bankhistory import settled
from lab.experiments.cdc_lakehouse.kit.sink.batch import Batch
from lab.experiments.cdc_lakehouse.kit.sink.lake import Lake
from lab.experiments.cdc_lakehouse.kit.sink.merge import Effect, Net
from lab.experiments.cdc_lakehouse.kit.sink.source import Table
from lab.experiments.cdc_lakehouse.kit.sink.values import of_postgres
from lab.services.icebergcatalog import iceberg_catalog
from lab.services.spark import VARIABLE, spark_session
from lab.services.sparkcluster import standalone

pytest.importorskip("pyspark", reason="Spark is not installed; lab setup cdc_lakehouse")
pytestmark = [pytest.mark.service, pytest.mark.drill, pytest.mark.timeout(300)]

COLUMNS = {
    "id": "bigint",
    "balance": "numeric(20,2)",
    "opened_on": "date",
    "changed_at": "timestamp with time zone",
}
TABLE = Table(
    "bank",
    "account",
    {name: of_postgres(kind) for name, kind in (COLUMNS | {"note": "text"}).items()},
    ("id",),
)
ROW = {"opened_on": 1, "changed_at": "2024-01-01T00:00:00Z"}
WRITTEN = {
    (key,): Effect((key,), ROW | {"id": key, "balance": f"{key}.00", "note": f"first {key}"})
    for key in range(50)
}
CHANGED = {
    (key,): Effect((key,), ROW | {"id": key, "balance": "9.00"}, base=(key,)) for key in range(0, 50, 2)
} | {(key,): Effect((key,), None) for key in range(1, 50, 2)}


def test_batches_merge_on_two_workers_and_on_the_one_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"spark.executor.memory": "512m"}
    with iceberg_catalog() as catalog, standalone(workers=2, memory_mb=512) as cluster:
        monkeypatch.setenv(VARIABLE, cluster.url)
        with spark_session("cdc", {"lake": catalog.client()}, limits, memory_mb=512) as spark:
            assert spark.sparkContext.master == cluster.url
            parallel = spark.sparkContext.parallelize(range(4), 4)
            assert parallel.map(lambda n: n).sum() == 6
            assert cluster.executors() == 2
            lake = Lake(spark, "lake.bank.account", TABLE)
            table: dict = {}
            for effects in (WRITTEN, CHANGED):
                net = Net(dict(effects))
                lake.merge(net, Batch([], {}, 0))
                table = settled(net, table)
                found = spark.table(lake.name).collect()
                assert {(row.id,): (str(row.balance), row.note) for row in found} == {
                    key: (row["balance"], row["note"]) for key, row in table.items()
                }
                cluster.workers[0].kill()
