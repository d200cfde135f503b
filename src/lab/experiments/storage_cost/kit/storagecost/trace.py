"""An access trace: which objects there are, how large, and on which days each is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

LARGEST = 50 * 1024**4  # bytes of an object: S3's own limit, rounded up generously


class TraceError(ValueError):
    """A trace that can't be billed, and why."""


@dataclass(frozen=True)
class Object:
    """One object. created, ended: days, the second one exclusive; reads: (day, times), ascending."""

    name: str
    size: int
    created: int
    ended: int
    reads: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Trace:
    """Objects, and the number of days that were observed.

    What ends with the trace is kept beyond it. egress: share of reads that leave the region, 0 to 1. settled: charge the rest
    of minimum durations that still run at the trace's end, as if all were deleted then. refetched: an object that goes back up
    after a read is fetched once more, as by a job that copies; without it, whoever read it has the bytes and writes them back.
    """

    objects: tuple[Object, ...]
    days: int
    egress: float = 0.0
    settled: bool = False
    refetched: bool = False

    def deletes(self, item: Object) -> bool:
        """True if the end of the object's last stay is billed as a deletion."""
        return self.settled or item.ended < self.days

    @property
    def reads(self) -> int:
        return sum(times for item in self.objects for _, times in item.reads)

    @property
    def byte_days(self) -> int:
        return sum(item.size * (item.ended - item.created) for item in self.objects)

    def resized(self, factor: float) -> Trace:
        """The same accesses to objects of another size, one byte at least."""
        objects = tuple(replace(item, size=max(1, round(item.size * factor))) for item in self.objects)
        return replace(self, objects=objects)

    def closed(self) -> Trace:
        """Cut at each object's last read day, and read once on a day: every idle time ends with one read.

        Objects that are never read again drop out.
        """
        kept = [
            replace(item, ended=item.reads[-1][0] + 1, reads=tuple((day, 1) for day, _ in item.reads))
            for item in self.objects
            if item.reads and item.reads[-1][0] > item.created
        ]
        return replace(self, objects=tuple(kept))


def trace(objects: pd.DataFrame, reads: pd.DataFrame, days: int | None = None, egress: float = 0.0) -> Trace:
    """A trace from two tables; TraceError, which names the row, before anything is counted.

    objects: object, size_bytes, and created (a whole day number, or a time), if it should end before the trace does also
    ended. reads: object, day (as created), and times if not 1. Times without a zone are UTC. An object that is named twice,
    a read of no object or outside of its life, a missing or negative size are refused.
    """
    _has(objects, "objects", ("object", "size_bytes", "created"))
    _has(reads, "reads", ("object", "day"))
    if not 0 <= egress <= 1:
        raise TraceError(f"egress is {egress!r}; allowed: a share from 0 to 1")
    if objects.empty:
        raise TraceError("there is no object in the trace")
    names = _names(objects["object"], "objects")
    if repeated := sorted(names[names.duplicated()]):
        raise TraceError(f"objects: {repeated[0]!r} is there twice")
    sizes = _whole(objects["size_bytes"], "size_bytes", 0, LARGEST)
    created, origin = _days(objects["created"], "created")
    day, read_origin = _days(reads["day"], "day", like=origin is not None)
    origin, start = _origin(origin, read_origin, created, day)
    created, day = created - start, day - start
    last = int(max([*created, *day], default=0)) + 1
    if "ended" in objects and objects["ended"].notna().any():
        if objects["ended"].isna().any():
            raise TraceError("ended: give it for every object or for none")
        ended = _days(objects["ended"], "ended", like=origin is not None)[0] - start
        length = days if days is not None else max(last, int(ended.max()))
    else:
        length = days if days is not None else last
        ended = np.full(len(created), length)
    counts = _counts(names, reads, day)
    return Trace(
        tuple(
            _object(*row, counts.get(row[0], []), length)
            for row in zip(names, map(int, sizes), map(int, created), map(int, ended), strict=True)
        ),
        int(length),
        egress,
    )


def load(objects: Path | str, reads: Path | str, days: int | None = None, egress: float = 0.0) -> Trace:
    """A trace from two CSV files with the columns of `trace`; names stay text as written."""
    try:
        tables = [pd.read_csv(path, converters={"object": str}, encoding="utf-8-sig")
                  for path in (objects, reads)]  # fmt: skip
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise TraceError(f"not a CSV file in UTF-8: {error}") from None
    return trace(tables[0], tables[1], days, egress)


def _has(table: pd.DataFrame, what: str, columns: Sequence[str]) -> None:
    if missing := [name for name in columns if name not in table]:
        raise TraceError(
            f"{what} lacks the column {missing[0]!r}; it has {', '.join(map(str, table.columns))}"
        )


def _names(column: pd.Series, what: str) -> pd.Series:
    if column.isna().any():
        raise TraceError(f"{what}: row {int(column.isna().to_numpy().argmax()) + 1} names no object")
    kinds = {type(value) if isinstance(value, str) else int for value in column}
    if len(kinds) > 1:
        raise TraceError(f"{what}: names are partly text, partly numbers; make them all text")
    return column.astype(str).reset_index(drop=True)


def _whole(column: pd.Series, what: str, low: int, high: int) -> list[int]:
    values = []
    for row, value in enumerate(column, 1):
        plain = not isinstance(value, (bool, np.bool_)) and isinstance(
            value, (int, float, np.integer, np.floating)
        )
        if not plain or not low <= value <= high or value != int(value):
            raise TraceError(
                f"{what} of row {row} is {value!r}; allowed: a whole number from {low} to {high:,}"
            )
        values.append(int(value))
    return values


def _days(column: pd.Series, what: str, like: bool | None = None) -> tuple[np.ndarray, pd.Timestamp | None]:
    """Whole days; of times, days since 1970, and 1970 to tell them by."""
    if not pd.api.types.is_numeric_dtype(column) and len(column):
        # A day's number as text would be read as a year.
        digits = [isinstance(value, str) and value.isdigit() and len(value) < 8 for value in column]
        times = pd.to_datetime(column, utc=True, errors="coerce", format="ISO8601").mask(np.array(digits))
        if times.isna().any():
            row = int(times.isna().to_numpy().argmax())
            raise TraceError(
                f"{what} of row {row + 1} is {column.iloc[row]!r}; allowed: a day's number or an ISO time"
            )
        days = np.array(
            [(value - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(days=1) for value in times], dtype=np.int64
        )
        if like is False:
            raise TraceError(f"{what} holds times, but created holds numbers; use one kind")
        return days, pd.Timestamp(0, tz="UTC")
    if like and len(column):
        raise TraceError(f"{what} holds numbers, but created holds times; use one kind")
    return np.array(_whole(column, what, -(10**6), 10**6), dtype=np.int64), None


def _origin(
    one: pd.Timestamp | None, other: pd.Timestamp | None, created: np.ndarray, day: np.ndarray
) -> tuple[pd.Timestamp | None, int]:
    """Days count from the first one of the trace if times were given, else as they are."""
    if one is None and other is None:
        if min([*created, *day], default=0) < 0:
            raise TraceError("a day's number is negative; count from 0")
        return None, 0
    return one or other, int(min([*created, *day]))


def _counts(names: pd.Series, reads: pd.DataFrame, day: np.ndarray) -> dict[str, list[tuple[int, int]]]:
    times = _whole(reads["times"], "times", 1, 10**9) if "times" in reads else [1] * len(reads)
    read = _names(reads["object"], "reads")
    if strangers := sorted(set(read) - set(names)):
        raise TraceError(f"reads: {strangers[0]!r} is no object of the trace")
    summed = (
        pd.DataFrame({"object": read, "day": day, "times": times}).groupby(["object", "day"])["times"].sum()
    )
    found: dict[str, list[tuple[int, int]]] = {}
    for name, on, number in summed.reset_index().itertuples(index=False, name=None):
        found.setdefault(str(name), []).append((int(on), int(number)))
    return found


def _object(
    name: str, size: int, created: int, ended: int, reads: list[tuple[int, int]], days: int
) -> Object:
    if not 0 <= created < ended <= days:
        raise TraceError(f"{name!r} lives from day {created} to {ended}; the trace has days 0 to {days}")
    if reads and not created <= reads[0][0] <= reads[-1][0] < ended:
        raise TraceError(f"{name!r} is read on day {reads[0][0]} to {reads[-1][0]}, outside of its life")
    return Object(name, size, created, ended, tuple(reads))
