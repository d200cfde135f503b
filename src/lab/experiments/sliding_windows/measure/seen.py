"""What was seen of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.experiments.sliding_windows.oracle.sparkrule import Batch
from lab.experiments.sliding_windows.workload.arms import Arm

_DEDUPLICATION = "dedupe"


@dataclass(frozen=True)
class Query:
    """One arm's query. progress: as Spark reports each batch. rows: its windows at the sink, in order of arrival:
    arrival_ns, user, start_ms, end_ms, count, sum, mean, distinct, upto."""

    arm: Arm
    progress: Sequence[Mapping[str, Any]]
    rows: pd.DataFrame

    @property
    def batches(self) -> list[Batch]:
        return [batch(one) for one in self.progress]

    @property
    def final(self) -> pd.DataFrame:
        """The last row of each window."""
        return self.rows.drop_duplicates(["user", "start_ms"], keep="last")

    def state(self) -> pd.DataFrame:
        """State by batch: batch, at_s (since 1970), windows, ids (rows of the two operators), mib, ms, input."""
        return pd.DataFrame([_state(one) for one in self.progress])

    @property
    def late_rows(self) -> int:
        """What Spark's own counter, numRowsDroppedByWatermark, says over all batches and operators."""
        return sum(
            item["numRowsDroppedByWatermark"] for one in self.progress for item in one["stateOperators"]
        )


@dataclass(frozen=True)
class Priced:
    """One slide's query over the same events. checkpoint_bytes: of its state, all batches; held_ms: event time from the
    watermark to the latest event in the last batch with data."""

    arm: Arm
    progress: Sequence[Mapping[str, Any]]
    checkpoint_bytes: int
    held_ms: int


@dataclass(frozen=True)
class Seen:
    """log: what was sent, in order of arrival, with `offset`. extra: warm-up and sentinel, with theirs.

    start_ns: when the sending began, on the monotonic clock that also stamps arrivals; start_s: the same since 1970.
    """

    log: pd.DataFrame
    extra: pd.DataFrame
    lateness_ns: NDArray[np.int64]
    start_ns: int
    start_s: float
    queries: Sequence[Query]
    priced: Sequence[Priced] = ()

    @property
    def messages(self) -> pd.DataFrame:
        """All that was in the topic."""
        return pd.concat([self.log, self.extra], ignore_index=True)


def plain(progress: Any) -> dict[str, Any]:
    """A report as Spark wrote it: what PySpark makes of it prints offsets in a form that nothing reads."""
    return json.loads(progress.json)


def batch(progress: Mapping[str, Any]) -> Batch:
    """What the replay needs of a batch's report."""
    (source,) = progress["sources"]
    # Spark tells offsets by topic and partition, as JSON or as JSON within a text.
    told = source["endOffset"]
    told = json.loads(told) if isinstance(told, str) else told
    ends = {int(part): int(offset) for places in (told or {}).values() for part, offset in places.items()}
    moment = pd.Timestamp(progress["eventTime"]["watermark"])
    return Batch(int(progress["batchId"]), ends, moment.value // 1_000_000)


def _state(progress: Mapping[str, Any]) -> dict[str, float]:
    rows, size = {"windows": 0, "ids": 0}, 0
    for item in progress["stateOperators"]:
        kind = "ids" if item["operatorName"].startswith(_DEDUPLICATION) else "windows"
        rows[kind] += item["numRowsTotal"]
        size += item["memoryUsedBytes"]
    return {
        "batch": progress["batchId"],
        "at_s": pd.Timestamp(progress["timestamp"]).timestamp(),
        **rows,
        "mib": size / 2**20,
        "ms": progress["durationMs"].get("triggerExecution", 0),
        "input": progress["numInputRows"],
    }
