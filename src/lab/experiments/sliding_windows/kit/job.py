"""The streaming job: events from a Kafka topic, windows into another one.

    spark-submit --packages org.apache.spark:spark-sql-kafka-0-10_2.13:4.1.1 job.py \
        --bootstrap 127.0.0.1:9092 --events events --windows windows-5m --size 300 --slide 60 --checkpoint /data/5m
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming import StreamingQuery

SCHEMA = "event_id BIGINT, user STRING, event_time BIGINT, value BIGINT"  # event_time in ms since 1970


def events(
    spark: SparkSession, bootstrap: str, topic: str, options: Mapping[str, str] | None = None
) -> DataFrame:
    """The topic's events from its beginning, each with its place. What is no such JSON object stops the stream.

    options: more of Spark's Kafka source, such as maxOffsetsPerTrigger.
    """
    from pyspark.sql import functions as F  # noqa: N812

    source = spark.readStream.format("kafka").option("kafka.bootstrap.servers", bootstrap)
    chosen = (
        source.option("subscribe", topic).option("startingOffsets", "earliest").options(**(options or {}))
    )
    parsed = F.from_json(F.col("value").cast("string"), SCHEMA, {"mode": "FAILFAST"}).alias("event")
    columns = chosen.load().select(parsed, "partition", "offset").select("event.*", "partition", "offset")
    return columns.withColumn("event_time", F.timestamp_millis("event_time"))


def lines(found: DataFrame) -> DataFrame:
    """Windows as messages: JSON, the user as the key."""
    from pyspark.sql import functions as F  # noqa: N812

    return found.select(F.col("user").alias("key"), F.to_json(F.struct(*found.columns)).alias("value"))


def start(
    messages: DataFrame, bootstrap: str, topic: str, checkpoint: str, mode: str, every: timedelta
) -> StreamingQuery:
    """Write for ever. mode: `append` (each window once, when it is final) or `update` (each change at once)."""
    writer = messages.writeStream.format("kafka").option("kafka.bootstrap.servers", bootstrap)
    placed = writer.option("topic", topic).option("checkpointLocation", checkpoint).outputMode(mode)
    return placed.trigger(processingTime=f"{every // timedelta(milliseconds=1)} milliseconds").start()


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Sliding windows per user, from Kafka to Kafka.")
    for name in ("bootstrap", "events", "windows", "checkpoint"):
        parser.add_argument(f"--{name}", required=True)
    for name, default in (("size", None), ("slide", None), ("lateness", 120.0), ("every", 1.0)):
        parser.add_argument(f"--{name}", type=float, default=default, required=default is None, help="s")
    parser.add_argument("--mode", choices=["append", "update"], default="append")
    told = parser.parse_args(given)
    if told.events == told.windows:
        parser.error("--windows must be another topic than --events, else the job reads what it writes")

    from pyspark.sql import SparkSession
    from windows import windows

    spark = SparkSession.builder.appName("windows").config("spark.sql.session.timeZone", "UTC").getOrCreate()
    size, slide, lateness, every = (
        timedelta(seconds=value) for value in (told.size, told.slide, told.lateness, told.every)
    )
    found = windows(events(spark, told.bootstrap, told.events), size, slide, lateness)
    query = start(lines(found), told.bootstrap, told.windows, told.checkpoint, told.mode, every)
    query.awaitTermination()


if __name__ == "__main__":
    main()
