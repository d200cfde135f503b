"""Late and repeated events, batch by batch, on a Spark of its own: python -m pytest test_windows.py"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from windows import windows

SCHEMA = "user STRING, event_time TIMESTAMP, event_id BIGINT, value BIGINT"
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    builder = SparkSession.builder.master("local[1]").config("spark.sql.shuffle.partitions", "1")
    session = (
        builder.config("spark.sql.session.timeZone", "UTC").config("spark.ui.enabled", "false").getOrCreate()
    )
    yield session
    session.stop()


def counts(spark: SparkSession, folder: Path, *batches: list[tuple[int, str]]) -> dict[str, int]:
    """How many events each window of a minute counts, by its start. Batches of (event_id, "hh:mm:ss")."""
    (folder / "in").mkdir()
    for number, batch in enumerate(batches):
        rows = [
            {"user": "ann", "event_time": f"2026-01-01T{time}Z", "event_id": one, "value": 1}
            for one, time in batch
        ]
        path = folder / "in" / f"{number}.json"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        os.utime(path, (1_000_000_000 + number, 1_000_000_000 + number))  # Spark reads the oldest first
    source = spark.readStream.schema(SCHEMA).option("maxFilesPerTrigger", 1).json(str(folder / "in"))
    writer = windows(source, MINUTE, MINUTE, 2 * MINUTE).writeStream.format("memory").queryName("found")
    placed = writer.outputMode("append").option("checkpointLocation", str(folder / "checkpoint"))
    placed.trigger(availableNow=True).start().awaitTermination()
    told = spark.table("found").selectExpr("date_format(start, 'HH:mm') AS at", "count AS events").collect()
    found = [(row.at, row.events) for row in told]
    assert len(found) == len(dict(found)), "a window was written twice"
    return dict(found)


END = (99, "20:00:00")  # closes all windows before it


def test_an_event_within_the_allowed_lateness_counts(spark: SparkSession, tmp_path: Path) -> None:
    found = counts(spark, tmp_path, [(1, "12:00:30")], [(2, "12:02:20")], [], [(3, "12:00:40")], [END])
    assert found == {"12:00": 2, "12:02": 1}


def test_an_event_far_beyond_it_is_dropped(spark: SparkSession, tmp_path: Path) -> None:
    found = counts(
        spark, tmp_path, [(1, "12:00:30")], [(2, "12:10:00")], [(3, "12:09:00")], [(4, "12:00:40")], [END]
    )
    assert found == {"12:00": 1, "12:09": 1, "12:10": 1}


def test_a_late_event_still_counts_in_the_batch_after_the_one_that_made_it_late(
    spark: SparkSession, tmp_path: Path
) -> None:
    found = counts(spark, tmp_path, [(1, "12:00:30"), (2, "12:10:00")], [(3, "12:00:40")], [END])
    assert found == {"12:00": 2, "12:10": 1}


def test_a_copy_counts_once_soon_after_and_far_apart(spark: SparkSession, tmp_path: Path) -> None:
    again = (1, "12:00:30")
    found = counts(spark, tmp_path, [again, again], [again], [(2, "12:30:00")], [again], [again], [END])
    assert found == {"12:00": 1, "12:30": 1}
