"""Which events a watermark absorbs, by the rule by which Spark drops them; nothing of Spark is needed for it.

Spark Structured Streaming drops a row of a windowed aggregation when its window's end is at or before the watermark: the largest
event time *seen*, less the delay. A micro-batch is filtered with the watermark of the batch before, and that one knows
the batches before it only: an event is held against the event times of all batches but its own and the last.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ON_TIME, ABSORBED, DROPPED, NEVER = "on time", "absorbed", "dropped", "never"
Span = timedelta | str
Table = pd.DataFrame | Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]]
_MS = 1_000  # µs; Spark keeps a watermark in whole milliseconds
# Of a text that ends with a time and its zone.
_ZONED = r":\d\d(?:[.,]\d+)?\s*(?:[Zz]|UTC|[+-]\d\d(?::?\d\d)?)\s*$"


def absorbed_share(events: Table, watermark: Span, window: Span, batch: int | None = None) -> float:
    """Share of the events that arrive which a watermark of that delay lets into their tumbling windows.

    events: a row each, with the columns `event_time` and `arrival` (none: it never arrives, and does not count). watermark,
    window: such as "1 hour". batch: events of a micro-batch; without it the watermark moves on with each event, which is
    the least that a job can absorb. ValueError, which says why, if a column is missing or holds what is no time.
    """
    found = classify(events, watermark, window, batch)
    arrived = found != NEVER
    if not arrived.any():
        raise ValueError("none of the events has an arrival, so there is no share of them")
    return float((found[arrived] != DROPPED).mean())


def classify(
    events: Table, watermark: Span, window: Span, batch: int | Sequence[int] | None = None
) -> NDArray[np.str_]:
    """For each event: on time, absorbed although late, dropped, or never (it has no arrival).

    Late is what comes when an event at or after its window's end was seen already. batch: as of `absorbed_share`, or
    each event's number of batch, which must not fall in the order of arrival.
    """
    frame = _frame(events)
    times, arrivals = _micros(frame)
    delay, length = _span(watermark, "watermark", 0), _span(window, "window", 1)
    came = np.flatnonzero(~np.isnat(arrivals))
    order = came[np.argsort(arrivals[came], kind="stable")]
    ordered = times[order].astype(np.int64)
    ends = ordered // length * length + length
    before = _seen(ordered, np.arange(len(ordered)), behind=1)
    seen = before if batch is None else _seen(ordered, _numbers(batch, order, len(frame)), behind=2)
    found = np.full(len(frame), NEVER, dtype="<U8")
    found[order] = np.where(ends <= before, ABSORBED, ON_TIME)
    found[order[ends <= seen // _MS * _MS - delay]] = DROPPED
    return found


def share_within(events: Table, delay: Span) -> float:
    """F(d): share of the events that arrive which do so at most `delay` after their event time."""
    times, arrivals = _micros(_frame(events))
    came = ~np.isnat(arrivals)
    if not came.any():
        raise ValueError("none of the events has an arrival, so there is no share of them")
    late = (arrivals[came] - times[came]).astype(np.int64)
    return float((late <= _span(delay, "delay", 0)).mean())


def _seen(ordered: NDArray[np.int64], numbers: NDArray[np.int64], behind: int) -> NDArray[np.int64]:
    """For each event the largest event time up to `behind` batches before its own; 0 where there is none."""
    if not len(ordered):
        return ordered
    if (np.diff(numbers) < 0).any():
        raise ValueError("a later event has an earlier batch; number the batches in the order of arrival")
    firsts = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1))
    highest = np.maximum.accumulate(np.maximum.reduceat(ordered, firsts))
    place = np.repeat(np.arange(len(firsts)), np.diff(np.append(firsts, len(ordered))))
    return np.concatenate([np.zeros(behind, np.int64), highest])[place]


def _numbers(batch: int | Sequence[int], order: NDArray[np.int64], of: int) -> NDArray[np.int64]:
    if isinstance(batch, (bool, float, str)):
        raise ValueError(f"batch is {batch!r}; give a whole number of events from 1 on")
    if isinstance(batch, (int, np.integer)):
        if batch < 1:
            raise ValueError(f"batch is {batch}; give a whole number of events from 1 on")
        return np.arange(len(order)) // int(batch)
    numbers = np.asarray(batch, dtype=np.int64)
    if numbers.ndim != 1 or len(numbers) != of:
        raise ValueError(f"batch has the shape {numbers.shape}; give a number for each of {of} events")
    return numbers[order]


def _frame(events: Table) -> pd.DataFrame:
    frame = events if isinstance(events, pd.DataFrame) else pd.DataFrame(events)
    for name in ("event_time", "arrival"):
        if list(frame.columns).count(name) != 1:
            known = ", ".join(map(str, frame.columns)) or "none"
            raise ValueError(f"the events need one column {name!r}; they have: {known}")
    return frame


def _micros(frame: pd.DataFrame) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """Both columns in µs of UTC; of the arrivals some may be missing."""
    times, arrivals = _times(frame["event_time"]), _times(frame["arrival"])
    if (times.dt.tz is None) != (arrivals.dt.tz is None) and arrivals.notna().any():
        raise ValueError("one of event_time and arrival has a time zone, the other has none")
    if times.isna().any():
        raise ValueError(f"{int(times.isna().sum())} events have no event_time, so they belong to no window")
    plain = [column.dt.tz_convert(None) if column.dt.tz else column for column in (times, arrivals)]
    made = [column.to_numpy("datetime64[us]") for column in plain]
    if (made[0] < np.datetime64(0, "us")).any():
        raise ValueError("there are event times before 1970, where Spark's first watermark stands")
    return made[0], made[1]


def _times(values: pd.Series) -> pd.Series:
    if values.isna().all():
        return pd.Series(pd.NaT, index=values.index, dtype="datetime64[us]")
    if pd.api.types.is_numeric_dtype(values) or (values.dtype == object and values.map(_is_number).any()):
        raise ValueError(
            f"{values.name} holds numbers, which have no unit: pandas.to_datetime(..., unit='s')"
        )
    zoned = _zoned(values)
    if len(zoned) > 1:
        raise ValueError(f"some of {values.name} have a time zone, some have none")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = pd.to_datetime(values, utc=True in zoned)  # else pandas 3 refuses offsets that differ
            return found if found.dtype != object else pd.to_datetime(values, utc=True)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"{values.name} holds what is no time: {error}") from None


def _zoned(values: pd.Series) -> set[bool]:
    """Of times that are text, whether they end with a zone; empty for others."""
    if not (values.dtype == object or pd.api.types.is_string_dtype(values)):
        return set()
    texts = (one for one in values if isinstance(one, str) and any(map(str.isdigit, one)))
    return {re.search(_ZONED, one) is not None for one in texts}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and value == value  # NaN is none


def _span(given: Span, name: str, least: int) -> int:
    """µs; a number alone has no unit, and a month no length."""
    said = f"{name} is {given!r}; give a length of time with its unit, such as '1 hour'"
    if not isinstance(given, (timedelta, str)) or (
        isinstance(given, str) and not given.strip(" 0123456789.")
    ):
        raise ValueError(said)
    try:
        found = pd.Timedelta(given)
    except (ValueError, OverflowError):
        raise ValueError(said) from None
    if pd.isna(found) or found < pd.Timedelta(0) + pd.Timedelta(least, "us"):
        raise ValueError(said)
    return int(found // pd.Timedelta(1, "us"))
