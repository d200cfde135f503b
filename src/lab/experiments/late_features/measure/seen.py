"""What a run saw, raw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lab.experiments.late_features.workload.arms import Arm

KEY = ["start_s", "carrier", "origin"]
VALUES = ["events", "total", "largest"]
ROW = ["batch", *KEY, *VALUES, "numbers"]  # of updates; numbers: of the events in a feature
STATE = ["batch", "end", "watermark_s", "rows", "bytes", "partials"]  # of batches


@dataclass(frozen=True)
class Run:
    """One query. updates: what it put out, batch by batch (ROW). batches: what Spark recorded of each (STATE).

    end: offset behind the batch. rows, bytes: of state after it. partials: numRowsDroppedByWatermark.
    """

    arm: Arm
    updates: pd.DataFrame
    batches: pd.DataFrame


@dataclass(frozen=True)
class Predicted:
    """Said before the run, by watermark in minutes. share: by `absorbed_share`. within: F(d).

    year: both for all flights of the year, one by one. days: share of the chosen watermark for each day of the year.
    never, cancelled: flights that never departed, of the year as a share, of the days that are sent their number.
    earliest: min by which a flight of the year departed before its time, at most.
    """

    share: Mapping[int, float]
    within: Mapping[int, float]
    year: pd.DataFrame
    days: pd.DataFrame
    never: float
    cancelled: int
    earliest: float = 0.0


@dataclass(frozen=True)
class Seen:
    """sent: what was meant to be in the topic; log: what was. refused: numbers. restated: features to write again."""

    sent: pd.DataFrame
    log: pd.DataFrame
    runs: Mapping[str, Run]
    refused: frozenset[int]
    restated: pd.DataFrame
    predicted: Predicted
