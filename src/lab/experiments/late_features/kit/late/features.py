"""The streaming features, the guard against clocks that run ahead, and what has to be written again: for any Spark frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

VALUES = ("events", "total", "largest")  # what a feature holds of its window


def features(
    events: Any,
    watermark: timedelta,
    window: timedelta,
    keys: Sequence[str],
    value: str,
    time: str = "event_time",
    more: Sequence[Any] = (),
) -> Any:
    """Per key and tumbling window: number of events, sum and largest of their values.

    A mean is total / events if each event has a value: one without is counted, and adds nothing. A sum of integers that overflows
    ends the query (ANSI mode, Spark 4's default): cast to decimal where that can come. Columns: start, end, the keys,
    `VALUES`, and `more` (aggregates of your own, each with an alias). On a batch the watermark does nothing. Rows without an
    event time are in no window: let `guard` take them out and keep them.
    """
    from pyspark.sql import functions as f

    _check(events, time, *keys, value)
    if taken := {"window", "start", "end", *VALUES} & set(keys):
        raise ValueError(
            f"rename the keys {', '.join(sorted(taken))}: the features have columns of that name"
        )
    if events.isStreaming and set(time) & {".", "`"}:
        raise ValueError(f"rename {time!r}: Spark's withWatermark takes no name with a dot or a backtick")
    marked = events.withWatermark(time, _spark(watermark)) if events.isStreaming else events
    place = f.window(_column(time), _spark(window))
    grouped = marked.groupBy(place, *map(_column, keys)).agg(
        f.count(f.lit(1)).alias("events"),
        f.sum(_column(value)).alias("total"),
        f.max(_column(value)).alias("largest"),
        *more,
    )
    own = [name for name in grouped.columns if name != "window"]
    return grouped.select(
        f.col("window.start").alias("start"), f.col("window.end").alias("end"), *map(_column, own)
    )


def guard(
    max_future: timedelta, time: str = "event_time", arrival: str = "arrival"
) -> Callable[[Any], tuple[Any, Any]]:
    """A function from a frame to (kept, refused): refused is what claims to be from more than `max_future` after its arrival.

    A single such event moves the watermark, and the job drops all that follows. arrival: by a clock that the sender does not
    set, such as the broker's (`message.timestamp.type=LogAppendTime`). Each row is in one of the two frames; refused are
    also rows without either time. Write them somewhere: they are events too.
    """
    allowed = max_future // timedelta(microseconds=1)
    if allowed < 0:
        raise ValueError(f"max_future is {max_future}; it can't be negative")

    def split(events: Any) -> tuple[Any, Any]:
        from pyspark.sql import functions as f

        _check(events, time, arrival)
        for name in (time, arrival):
            if (kind := events.schema[name].dataType.typeName()) != "timestamp":
                raise ValueError(f"column {name!r} is of type {kind}; cast it to timestamp first")
        ahead = f.unix_micros(_column(time)) - f.unix_micros(_column(arrival))
        fine = f.coalesce(ahead <= f.lit(allowed), f.lit(False))
        return events.where(fine), events.where(~fine)

    return split


def restatement(
    served: Any,
    events: Any,
    window: timedelta,
    keys: Sequence[str],
    value: str,
    since: datetime | None = None,
    time: str = "event_time",
) -> Any:
    """The features to write again: by all `events` of the log, those that `served` has otherwise or not at all.

    since: windows that begin before it are left alone, for the log has lost some of their events: the arrival of its
    oldest event, and the guard's max_future on top (an event may come that long before its own time). Sums of floating-point
    numbers depend on their order in the last digits, so some are named that only look otherwise: sum decimals, or whole numbers.
    """
    from pyspark.sql import functions as f

    if since is not None and since.tzinfo is None:
        raise ValueError("since has no time zone")
    right = features(events, timedelta(0), window, keys, value, time).alias("right")
    if since is not None:
        begun = round(since.timestamp() * 1e6)
        right = right.where(f.unix_micros(f.col("start")) >= f.lit(begun))
    held = served.alias("held")
    same = [
        f.col(f"right.{_quoted(name)}").eqNullSafe(f.col(f"held.{_quoted(name)}"))
        for name in ("start", *keys, *VALUES)
    ]
    together = same[0]
    for one in same[1:]:
        together = together & one
    return right.join(held, together, "left_anti")


def _check(events: Any, *names: str) -> None:
    known = list(events.columns)
    for name in names:
        if known.count(name) != 1:
            raise ValueError(f"the frame needs one column {name!r}; it has: {', '.join(known)}")


def _spark(span: timedelta) -> str:
    if span % timedelta(milliseconds=1) or span < timedelta(0):
        raise ValueError(f"{span} is no whole number of milliseconds from 0 on")
    return f"{span // timedelta(milliseconds=1)} milliseconds"


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _column(name: str) -> Any:
    from pyspark.sql import functions as f

    return f.col(_quoted(name))
