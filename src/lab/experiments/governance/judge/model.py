"""The audit's time: a fixed part, and one for each table."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from lab.evidence.fit import Line, line, percentile_interval, resampled
from lab.evidence.statistics import Interval

Timing = tuple[int, float]  # tables, s


def timings(times: pd.DataFrame) -> list[list[Timing]]:
    """By size, ascending."""
    return [
        [(int(str(size)), float(seconds)) for seconds in part["seconds"]]
        for size, part in times.groupby("tables")
    ]


def fastest(times: pd.DataFrame) -> dict[int, float]:
    """Least s by number of tables: whatever else the machine does only adds to it."""
    return _fastest(timing for own in timings(times) for timing in own)


def fitted(times: pd.DataFrame) -> Line:
    """s against tables, from all sizes but the largest."""
    return _fitted(fastest(times))


def prediction(times: pd.DataFrame) -> tuple[float, float]:
    """(predicted, measured) s of the largest size."""
    return _prediction(fastest(times))


def error(times: pd.DataFrame) -> float:
    """|predicted / measured - 1| of the largest size."""
    return _error(fastest(times))


def error_between(times: pd.DataFrame) -> Interval:
    """The interval of the error that other rounds of the same audits would have given."""
    return percentile_interval(resampled(timings(times), lambda drawn: _error(_fastest(drawn))))


def _fastest(drawn: Iterable[Timing]) -> dict[int, float]:
    found: dict[int, float] = {}
    for size, seconds in drawn:
        found[size] = min(seconds, found.get(size, seconds))
    return found


def _fitted(own: dict[int, float]) -> Line:
    return line(list(own)[:-1], list(own.values())[:-1], relative=True)


def _prediction(own: dict[int, float]) -> tuple[float, float]:
    largest = max(own)
    return _fitted(own).at(largest), own[largest]


def _error(own: dict[int, float]) -> float:
    predicted, measured = _prediction(own)
    return abs(predicted / measured - 1)
