"""Pure checks of what was seen; none of them touches a store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lab.experiments.parquet_compaction.readers import Reading


def check_reading(reading: Reading, batch_rows: int) -> str:
    """ "whole" if the reading is a past state that was not older than what was known when it began.

    Else what is wrong: "failed", "repeated" (a row twice), "missing" (a row lacks among those read), "half" (part
    of a micro-batch), "stale" (rows that were committed before the reading began are not in it).
    """
    if reading.error:
        return "failed"
    if reading.distinct < reading.rows:
        return "repeated"
    if reading.rows != reading.last + 1 or reading.total != reading.last * (reading.last + 1) // 2:
        return "missing"
    if reading.rows % batch_rows:
        return "half"
    return "stale" if reading.rows < reading.known else "whole"


def check_readings(readings: Sequence[Reading], batch_rows: int) -> Counter[str]:
    """How many readings were of each kind."""
    return Counter(check_reading(reading, batch_rows) for reading in readings)


@dataclass(frozen=True)
class Survey:
    """What a reader sees of a dataset that does not change: rows, distinct events, their sum; and its data files."""

    rows: int
    distinct: int
    total: int
    files: int


def check_survey(survey: Survey, rows: int) -> list[str]:
    """What is wrong with a dataset of the events 0..rows-1: "lost", "repeated", or nothing."""
    wrong = []
    if survey.distinct < rows or survey.total < rows * (rows - 1) // 2:
        wrong.append("lost")
    if survey.rows > survey.distinct:
        wrong.append("repeated")
    return wrong
