"""The audit's time: a fixed part, and one for each table."""

from __future__ import annotations

from itertools import product

import pandas as pd

from lab.evidence.fit import Line, line


def fastest(times: pd.DataFrame) -> dict[int, float]:
    """Least s by number of tables, ascending: whatever else the machine does only adds to it."""
    return {size: own[0] for size, own in _ordered(times).items()}


def law(times: pd.DataFrame) -> Line:
    """s against tables, from all sizes: what is drawn out to larger ones."""
    own = fastest(times)
    return line(list(own), list(own.values()), relative=True)


def fitted(times: pd.DataFrame) -> Line:
    """s against tables, from all sizes but the largest, which it is checked at."""
    return _fitted(fastest(times))


def prediction(times: pd.DataFrame) -> tuple[float, float]:
    """(predicted, measured) s of the largest size."""
    return _prediction(fastest(times))


def error(times: pd.DataFrame) -> float:
    """|predicted / measured - 1| of the largest size."""
    return _error(fastest(times))


def error_between(times: pd.DataFrame) -> tuple[float, float]:
    """(least, largest) error if the fastest audit of any of the sizes had not been: its next is taken.

    No interval: resamples of few times say nothing of their least, which most of them hold.
    """
    own = _ordered(times)
    errors = [
        _error(dict(zip(own, taken, strict=True))) for taken in product(*(two[:2] for two in own.values()))
    ]
    return min(errors), max(errors)


def _ordered(times: pd.DataFrame) -> dict[int, list[float]]:
    """s by number of tables, both ascending."""
    return {
        int(str(size)): sorted(float(seconds) for seconds in part["seconds"])
        for size, part in times.groupby("tables")
    }


def _fitted(own: dict[int, float]) -> Line:
    return line(list(own)[:-1], list(own.values())[:-1], relative=True)


def _prediction(own: dict[int, float]) -> tuple[float, float]:
    largest = max(own)
    return _fitted(own).at(largest), own[largest]


def _error(own: dict[int, float]) -> float:
    predicted, measured = _prediction(own)
    return abs(predicted / measured - 1)
