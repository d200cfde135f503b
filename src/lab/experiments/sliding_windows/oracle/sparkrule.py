"""Spark's rule for late rows, replayed over the batches of a query: which messages it drops, and its watermarks.

The rule (Spark 3.5 to 4.1, a stateful operator directly behind the watermark):
- Batch n runs with the watermark W(n): the largest event time read in the batches before n, late and repeated rows
  included, minus the allowed lateness. It never falls, and begins at 0 (1970).
- A row of batch n is late if its event time is at or below W(n - 1), the watermark of the batch *before*: so a row counts
  for sure if it is less late than allowed, and may count for up to two batches longer.
Batches without data count as batches. Only offsets and event times go in; the recorded watermarks are compared with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True)
class Batch:
    """One recorded micro-batch. ends: by partition, the offset behind the last message read by then."""

    number: int
    ends: Mapping[int, int]
    watermark_ms: int


@dataclass(frozen=True)
class Replay:
    """batch, late: one entry per message. watermarks_ms: W(n), one per batch. read: whether all messages were."""

    batch: NDArray[np.int64]
    late: NDArray[np.bool_]
    watermarks_ms: NDArray[np.int64]
    read: bool

    def differing(self, batches: Sequence[Batch]) -> int:
        """Batches whose recorded watermark is not the replayed one."""
        recorded = np.array([one.watermark_ms for one in batches], dtype=np.int64)
        return int((recorded != self.watermarks_ms).sum())


def replay(batches: Sequence[Batch], messages: pd.DataFrame, lateness_ms: int) -> Replay:
    """messages: partition, offset, event_ms of everything that was in the topic. ValueError if a batch was not recorded."""
    numbers = [one.number for one in batches]
    if numbers != list(range(len(numbers))):
        raise ValueError(f"the batches are not recorded from the first on without a gap: {numbers}")
    batch = np.full(len(messages), len(batches), dtype=np.int64)
    for partition, own in messages.groupby("partition"):
        told = [one.ends.get(int(str(partition)), 0) for one in batches]
        ends = np.maximum.accumulate(told)  # a report without offsets has read nothing more
        # The first batch that ends behind the message's offset is the one that read it.
        place = np.searchsorted(ends, own["offset"].to_numpy(), side="right")
        batch[messages.index.get_indexer(own.index)] = place
    event_ms = messages["event_ms"].to_numpy(np.int64)
    seen = np.zeros(len(batches) + 1, dtype=np.int64)  # largest event time, by batch
    np.maximum.at(seen, batch, event_ms)
    before = np.concatenate([[0], np.maximum.accumulate(seen[:-1])])  # in all batches before
    watermarks = np.maximum(before - lateness_ms, 0)
    previous = np.concatenate([[0], watermarks])[batch]  # W(n - 1), of each message
    return Replay(batch, event_ms <= previous, watermarks[: len(batches)], bool((batch < len(batches)).all()))


def admitted(messages: pd.DataFrame, replayed: Replay) -> NDArray[np.int64]:
    """Ids of the events that count: a copy of theirs was not late when it came.

    All copies of an event have its time. A copy whose first is forgotten (event time + lateness at or below the watermark)
    is late itself from the next batch on, so none is counted twice.
    """
    return np.unique(messages["event_id"].to_numpy()[~replayed.late])
