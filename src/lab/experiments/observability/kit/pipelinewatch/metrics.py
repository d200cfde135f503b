"""What a pipeline tells about itself: throughput, errors, latency. Five counters' worth of series, one label."""

from __future__ import annotations

import math
from collections.abc import Sequence

from prometheus_client import Counter, Histogram

# The objective of "late" is one of the bounds: a share is exact only where a bucket ends.
BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)

ARRIVED = Counter("pipeline_rows_arrived", "Rows that came in, counted where they come in", ["pipeline"])
ROWS = Counter("pipeline_rows", "Rows processed", ["pipeline", "outcome"])
LATENCY = Histogram(
    "pipeline_row_latency_seconds", "From the time a row was due to its commit", ["pipeline"], buckets=BOUNDS
)


class Watch:
    """Counts for one pipeline. `arrived` belongs to who hands the rows over: a worker that hangs can't miss them."""

    def __init__(self, pipeline: str) -> None:
        self._arrived = ARRIVED.labels(pipeline)
        # Made at once, so that a rate exists before the first rejection.
        self._written, self._rejected = (
            ROWS.labels(pipeline, outcome) for outcome in ("written", "rejected")
        )
        self._latency = LATENCY.labels(pipeline)

    def arrived(self, rows: int) -> None:
        self._arrived.inc(rows)

    def processed(self, written: int, rejected: int, latencies: Sequence[float]) -> None:
        """A batch is done. latencies: s, one for each row, rejected ones too; ValueError, before anything is counted, for one
        that is no number, which would spoil the sum for ever."""
        if len(latencies) != written + rejected:
            raise ValueError(f"{len(latencies)} latencies for {written + rejected} rows")
        if not all(map(math.isfinite, latencies)):
            raise ValueError("a latency is no number")
        self._written.inc(written)
        self._rejected.inc(rejected)
        for seconds in latencies:
            self._latency.observe(max(0.0, seconds))  # a clock that is behind: a sum must not fall
