"""What Spark drivers in processes of their own do in tests."""

from __future__ import annotations

from pathlib import Path

from lab.services.spark import driver_pid, spark_session


def write_until_killed(catalog: dict[str, str], told: Path) -> None:
    """Commit once, tell the JVM's process id by the file `told`, then be in the next commit for hours."""
    with spark_session(catalogs={"lake": catalog}, memory_mb=512) as spark:
        spark.sql("CREATE NAMESPACE lake.bank")
        spark.sql(
            "CREATE TABLE lake.bank.t USING iceberg PARTITIONED BY (late) "
            "TBLPROPERTIES ('write.distribution-mode'='none', 'write.spark.fanout.enabled'='true') "  # no sort first
            "AS SELECT id, 0 AS late FROM range(1000)"
        )
        told.write_text(str(driver_pid(spark)))
        spark.sql("INSERT INTO lake.bank.t SELECT id, 1 FROM range(100000000000)")
