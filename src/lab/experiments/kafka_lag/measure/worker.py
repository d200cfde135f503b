"""One partition's worker: serves its messages one after the other, each at a fixed cost. Two kinds.

`Simulated` says when each message would be finished if each took exactly its cost: that makes 100,000 messages/s
on one machine possible. `Waiting` is a thread that really waits for each message, as for an answer from elsewhere.
What it overslept is taken off its next wait: else the operating system's timer would set the cost.
A partition is read in order, so more consumers do not make its worker faster.
"""

from __future__ import annotations

import threading
import time
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

MESSAGE = np.dtype(
    [
        ("sequence", "<i8"),
        ("due_ns", "<i8"),  # intended time, after the start of its window
        ("partition", "<i8"),
        ("offset", "<i8"),
        ("append_ms", "<i8"),  # broker's clock
        ("finished_ns", "<i8"),  # monotonic clock
        ("served_ns", "<i8"),  # what the worker spent on it
        ("committed_ns", "<i8"),  # wall clock, to be held against append_ms
    ]
)
Messages = NDArray[np.void]
MADE_UP_NS = (
    20_000_000  # most that a worker makes up for; a process that was stopped for longer has lost that time
)


class Simulated:
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
        messages["served_ns"] = self._service_ns
        self._free_ns = int(messages["finished_ns"][-1])
        self._waiting = np.concatenate([self._waiting, messages])

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


class Waiting(Simulated):
    """The same by a thread that waits `service_ns` for each message before the next, on average."""

    def __init__(self, service_ns: int) -> None:
        super().__init__(service_ns)
        self._begin()

    def _begin(self) -> None:
        # Lists of its own for each thread: one that was forgotten may still be asleep.
        self._ahead: SimpleQueue[int] = SimpleQueue()
        self._times: list[tuple[int, int]] = []  # finished, served
        work = (self._ahead, self._times, self._service_ns)
        threading.Thread(target=_serve, args=work, daemon=True).start()

    def take(self, messages: Messages, now_ns: int) -> None:
        self._waiting = np.concatenate([self._waiting, messages])
        self._ahead.put(len(messages))

    def finished(self, now_ns: int) -> int:
        return len(self._times)

    def forget(self) -> None:
        super().forget()
        self._begin()

    def commit(self, count: int, committed_ns: int) -> None:
        finished, served = zip(*self._times[:count], strict=True)
        self._waiting["finished_ns"][:count], self._waiting["served_ns"][:count] = finished, served
        del self._times[:count]
        super().commit(count, committed_ns)


def _serve(ahead: SimpleQueue[int], times: list[tuple[int, int]], service_ns: int) -> None:
    due = end = time.monotonic_ns()
    while True:
        idle = ahead.empty()
        messages = ahead.get()
        begin = time.monotonic_ns() if idle else end
        due = begin if idle else due
        for _ in range(messages):
            due = max(due, begin - MADE_UP_NS) + service_ns
            time.sleep(max(0, due - time.monotonic_ns()) / 1e9)
            end = time.monotonic_ns()
            times.append((end, end - begin))
            begin = end
