"""One partition's worker: serves its messages one after the other, each at a fixed cost.

A message is finished only when the lane has spent `service_ns` of wall time on it, as if each waited for
a call to another system. A partition is read in order, so more consumers do not make its lane faster.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MESSAGE = np.dtype(
    [
        ("sequence", "<i8"),
        ("due_ns", "<i8"),  # intended time, after the start of its hold
        ("partition", "<i8"),
        ("offset", "<i8"),
        ("append_ms", "<i8"),  # broker's clock
        ("finished_ns", "<i8"),  # monotonic clock
        ("committed_ns", "<i8"),  # wall clock, to be held against append_ms
    ]
)
Messages = NDArray[np.void]


class Lane:
    """Messages of one partition: taken when fetched, finished in order, then committed."""

    def __init__(self, service_ns: int) -> None:
        self._service_ns = service_ns
        self._free_ns = 0
        self._waiting = np.empty(0, dtype=MESSAGE)
        self.committed: list[Messages] = []

    def take(self, messages: Messages, now_ns: int) -> None:
        """Queue `messages`, in offset order, behind what is already there."""
        begin = max(self._free_ns, now_ns)
        messages["finished_ns"] = begin + self._service_ns * np.arange(1, len(messages) + 1)
        self._free_ns = int(messages["finished_ns"][-1])
        self._waiting = np.concatenate([self._waiting, messages])

    def backlog_ns(self, now_ns: int) -> int:
        """Work that is queued, in ns of service."""
        return max(0, self._free_ns - now_ns)

    def finished(self, now_ns: int) -> int:
        """How many of the waiting messages are finished by now."""
        return int(np.searchsorted(self._waiting["finished_ns"], now_ns, side="right"))

    def offset_after(self, count: int) -> int:
        """The offset to commit when the first `count` waiting messages are done with."""
        return int(self._waiting["offset"][count - 1]) + 1

    def forget(self) -> None:
        """Drop what was not committed: whoever gets the partition now reads it again."""
        self._waiting, self._free_ns = self._waiting[:0], 0

    def commit(self, count: int, committed_ns: int) -> None:
        """The broker has taken the first `count` waiting messages as processed."""
        done, self._waiting = self._waiting[:count].copy(), self._waiting[count:]
        done["committed_ns"] = committed_ns
        self.committed.append(done)
