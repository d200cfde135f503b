"""Sliding windows per user on a stream whose events come late and twice. Needs PySpark 3.5 or newer, nothing else.

windows(events, timedelta(hours=1), timedelta(minutes=5), allowed_lateness=timedelta(minutes=2))
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_MILLISECOND = timedelta(milliseconds=1)


def windows(
    events: DataFrame,
    size: timedelta,
    slide: timedelta,
    allowed_lateness: timedelta,
    deduplicate: bool = True,
    also: Sequence[Column] = (),
) -> DataFrame:
    """Count, sum, mean and distinct values per user and sliding window; each event counts once.

    events: any streaming frame with user, event_time (timestamp), event_id and value (a number); more columns may be
    there. allowed_lateness: how far behind the latest event time an event may come and still count for certain.
    deduplicate: drop what came before with the same user and event_id. also: more aggregates, each with an alias.
    A NULL value is counted and else left out; a NaN makes sum and mean NaN, and is one distinct value. A row that could
    only be lost (no event_time, no event_id, an event before 1970, where Spark's watermark begins) stops the stream with
    a sentence: sort such rows out before.
    """
    from pyspark.sql import functions as F  # noqa: N812

    _check(events, size, slide, allowed_lateness)
    marked = _complete(events, deduplicate).withWatermark("event_time", _text(allowed_lateness))
    once = marked.dropDuplicatesWithinWatermark(["user", "event_id"]) if deduplicate else marked
    found = once.groupBy("user", F.window("event_time", _text(size), _text(slide))).agg(
        F.count("*").alias("count"),
        F.sum("value").alias("sum"),
        F.avg("value").alias("mean"),
        _distinct(events).alias("distinct"),
        *also,
    )
    told = [F.col(f"`{name}`") for name in found.columns if name not in ("user", "window")]
    return found.select("user", F.col("window.start").alias("start"), F.col("window.end").alias("end"), *told)


def _distinct(events: DataFrame) -> Column:
    """Number of distinct values. countDistinct is refused on a stream, and to collect_set of floating-point numbers (before
    Spark 4.2) each NaN is a value of its own, and 0.0 another one than -0.0.
    """
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql.types import DoubleType, FloatType

    if not isinstance(events.schema["value"].dataType, (DoubleType, FloatType)):
        return F.size(F.collect_set("value"))
    is_nan = F.isnan("value")
    numbers = F.collect_set(F.when(~is_nan, F.col("value") + F.lit(0.0)))  # -0.0 + 0.0 is 0.0
    return F.size(numbers) + F.max(is_nan.cast("int"))


def _complete(events: DataFrame, deduplicate: bool) -> DataFrame:
    """The same rows; one that Spark would lose without a word is an error instead."""
    from pyspark.sql import functions as F  # noqa: N812

    time = F.col("event_time")
    begun = F.when(time > F.timestamp_millis(F.lit(0)), time)
    missing = F.raise_error(
        "windows(): a row has no event_time, or one before 1970; sort such rows out before"
    )
    found = events.withColumn("event_time", F.coalesce(begun, missing))
    if not deduplicate:
        return found
    # To Spark two missing ids are the same id: the second event would be dropped as a copy of the first.
    unknown = F.raise_error(
        "windows(): a row has no event_id, so copies can't be told; sort such rows out before"
    )
    return found.withColumn("event_id", F.coalesce(F.col("event_id"), unknown))


def _check(events: DataFrame, size: timedelta, slide: timedelta, allowed_lateness: timedelta) -> None:
    """ValueError or TypeError in words for what can't be right, before anything is started."""
    from pyspark.sql.types import NumericType, TimestampType

    durations = {"size": size, "slide": slide, "allowed_lateness": allowed_lateness}
    for name, given in durations.items():
        if not isinstance(given, timedelta):
            raise TypeError(f"{name} = {given!r}: must be a datetime.timedelta, such as timedelta(minutes=5)")
        if given % _MILLISECOND:
            raise ValueError(
                f"{name} = {given}: must be whole milliseconds, which is what a watermark is kept in"
            )
    if not timedelta(0) < slide <= size:
        raise ValueError(
            f"slide = {slide}: must be above 0 and at most size = {size}, else events fall between windows"
        )
    if allowed_lateness < timedelta(0):
        raise ValueError(f"allowed_lateness = {allowed_lateness}: must not be negative")
    if not events.isStreaming:
        raise ValueError("events is not a stream; on a table, group by window() after dropDuplicates()")
    for name in ("user", "event_time", "event_id", "value"):
        if (found := events.columns.count(name)) != 1:
            raise ValueError(f"events must have one column {name!r}, and has {found} among {events.columns}")
    types = {field.name: field.dataType for field in events.schema.fields}
    if not isinstance(types["event_time"], TimestampType):
        raise TypeError(
            f"event_time is {types['event_time'].simpleString()}: must be timestamp; cast it, and name its time zone"
        )
    if not isinstance(types["value"], NumericType):
        raise TypeError(f"value is {types['value'].simpleString()}: must be a number")


def _text(duration: timedelta) -> str:
    """As Spark reads an interval; months and years have no length, so there are none."""
    return f"{duration // _MILLISECOND} milliseconds"
