"""The job: events from a Kafka topic, features into another one, refused events into a third. By spark-submit, see the README.

An event is JSON with `event_time` (ISO 8601 with its zone), the keys and the value. A feature goes out each time that it changes,
under a key of its own, so that a compacted topic keeps the newest.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from late.features import features, guard


def parsed(raw: Any, keys: Sequence[str], value: str) -> Any:
    """Kafka's records as events; `arrival` is the record's timestamp, `raw` what was sent.

    The value is read from a number or its text. What has none, or none that can be added up, has no event time either, so that
    the guard refuses it: counted without its value it would make the mean too low.
    """
    from pyspark.sql import functions as f

    names = ["event_time", *keys, value]
    schema = ", ".join(f"`{name}` {'TIMESTAMP' if name == 'event_time' else 'STRING'}" for name in names)
    text = f.col("value").cast("string")
    read = raw.select(
        text.alias("raw"), f.col("timestamp").alias("arrival"), f.from_json(text, schema).alias("body")
    )
    number = f.expr(f"try_cast(body.`{value}` AS DOUBLE)")
    fine = f.abs(number) < f.lit(
        float("inf")
    )  # not true of NaN, which is the largest to Spark, nor of what is missing
    return read.select(
        "raw",
        "arrival",
        f.when(fine, f.col("body.event_time")).alias("event_time"),
        *(f.col("body").getField(name).alias(name) for name in keys),
        number.alias(value),
    )


def main() -> None:
    given = _arguments()
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as f

    spark = SparkSession.builder.appName("late features").getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    place = {"kafka.bootstrap.servers": given.bootstrap}
    raw = spark.readStream.format("kafka").options(**place, subscribe=given.topic, startingOffsets="earliest")
    events = parsed(raw.load(), given.key, given.value)
    kept, refused = guard(timedelta(minutes=given.max_future))(events)
    length, delay = timedelta(minutes=given.window), timedelta(minutes=given.watermark)
    found = features(kept, delay, length, given.key, given.value)
    name = f.to_json(f.struct("start", *given.key))
    out = {
        "features": (found.select(name.alias("key"), f.to_json(f.struct("*")).alias("value")), "update"),
        "refused": (refused.select(f.col("raw").alias("value")), "append"),
    }
    started = []
    for topic, (frame, mode) in out.items():
        writing = frame.writeStream.format("kafka").outputMode(mode).options(**place)
        writing = writing.option("topic", f"{given.topic}-{topic}")
        writing = writing.option("checkpointLocation", f"{given.checkpoint}/{topic}")
        when = {"availableNow": True} if given.once else {"processingTime": given.trigger}
        started.append(writing.trigger(**when).start())
    while any(query.isActive for query in started):
        spark.streams.awaitAnyTermination()  # raises what ended one, while the other goes on
        spark.streams.resetTerminated()
    for query in started:
        query.awaitTermination()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument(
        "--topic", required=True, help="features go to TOPIC-features, refused to TOPIC-refused"
    )
    parser.add_argument("--checkpoint", required=True, help="folder or URL that all executors reach")
    parser.add_argument(
        "--key", required=True, nargs="+", help="fields of the event that a feature is kept for"
    )
    parser.add_argument("--value", required=True, help="field that is added up")
    parser.add_argument("--window", type=float, default=60, help="minutes")
    parser.add_argument("--watermark", type=float, default=60, help="minutes")
    parser.add_argument(
        "--max-future", type=float, default=60, help="minutes that a sender's clock may run ahead"
    )
    parser.add_argument("--trigger", default="10 seconds", help="between two batches")
    parser.add_argument("--once", action="store_true", help="all that is there, then end")
    return parser.parse_args()


if __name__ == "__main__":
    main()
