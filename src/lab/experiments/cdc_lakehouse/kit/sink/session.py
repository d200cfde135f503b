"""A Spark session for the sink, and what of its settings matters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# For many small statements instead of few large ones: planning and compiling are most of their time.
SMALL_STATEMENTS = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.driver.defaultJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
NEEDED = {
    # Times without a zone are decoded in the session's.
    "spark.sql.session.timeZone": "UTC",
    # A value that does not fit is an error, never another value; and `Id` is not `id`.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    "spark.ui.showConsoleProgress": "false",
}


def session(
    name: str, catalog: Mapping[str, str], settings: Mapping[str, str], jars: str = ""
) -> SparkSession:
    """Spark with `catalog`'s properties under `name`. settings: more of Spark's, they win."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("cdc-sink")
    prefix = f"spark.sql.catalog.{name}"
    own = SMALL_STATEMENTS | NEEDED | ({"spark.jars": jars} if jars else {})
    own |= {prefix: "org.apache.iceberg.spark.SparkCatalog"}
    own |= {f"{prefix}.{key}": value for key, value in catalog.items()}
    for key, value in (own | dict(settings)).items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark
