"""Send on schedule and say how far behind schedule that was.

The driver runs in a process of its own (see `lab.services.workers`), so that neither the consumers nor
the notebook steal its time. Times are CLOCK_MONOTONIC, which all processes of a machine share.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lab.load.schedule import SECOND, Nanoseconds

Send = Callable[[int, int], int]


@dataclass(frozen=True)
class Punctuality:
    """How well a driver kept its schedule.

    lateness_ns: hand-over minus intended time of every message, in sending order.
    first_ns, last_ns: hand-over of the first and last message on the monotonic clock.
    """

    lateness_ns: Nanoseconds
    first_ns: int
    last_ns: int

    def percentile_ms(self, percentile: float) -> float:
        return float(np.percentile(self.lateness_ns, percentile)) / 1e6


def settle() -> None:
    """Collect garbage now; to be called when all messages are prepared and before the start is agreed on."""
    gc.collect()


def drive(
    due_ns: Nanoseconds, start_ns: int, send: Send, tick_ns: int = 1_000_000, limit: int = 2_000
) -> Punctuality:
    """Call `send(first, end)` for the messages first..end-1 once they are due.

    due_ns: intended times after `start_ns` (monotonic). `send` returns how many it took; the rest is
    offered again at once, so a full queue delays messages but never drops them, and the delay is in
    the lateness. tick_ns: shortest pause between two calls; limit: most messages in one call.
    """
    handed = np.empty(len(due_ns), dtype=np.int64)
    done = 0
    # A collection over millions of prepared messages would stop the clockwork. It may not be made up for
    # here either, between the start that all agreed on and the first message: see `settle`.
    gc.disable()
    try:
        while done < len(due_ns):
            _sleep_until(start_ns + int(due_ns[done]))
            now = time.monotonic_ns()
            end = min(int(np.searchsorted(due_ns, now - start_ns, side="right")), done + limit)
            taken = send(done, end)
            handed[done : done + taken] = now
            done += taken
            if end - done < limit // 2:
                _sleep_until(now + tick_ns)
    finally:
        gc.enable()
    return Punctuality(handed - start_ns - due_ns, int(handed[0]), int(handed[-1]))


def share(count: int, part: int, parts: int) -> slice:
    """The messages that driver `part` of `parts` sends: every parts-th, so that all keep the same rate."""
    if not 0 <= part < parts:
        raise ValueError(f"part {part} of {parts}")
    return slice(part, count, parts)


def _sleep_until(moment_ns: int) -> None:
    wait = moment_ns - time.monotonic_ns()
    if wait > 0:
        time.sleep(wait / SECOND)
