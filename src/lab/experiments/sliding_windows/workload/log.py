"""The generator's log: events with their delays and copies, and the moment at which each message is due.

Hours of event time pass in seconds, and a batch takes about a second whatever is in it. So the stream's clock runs in two
paces: most of the event time in the first half of the sending, where a batch spans many minutes, and the last few minutes
in the second half, where a batch spans less than the two minutes that events may be late: only there can a watermark of 0
lose some. On a slow machine a batch is held to `batch_messages`, so that it spans no more there; it only comes later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lab.experiments.sliding_windows.kit.generate import arrivals
from lab.experiments.sliding_windows.params import HOUR_S, Params

BEGIN_MS = 1_767_225_600_000  # 2026-01-01 in UTC: event time begins here
PARTITIONS = 2
USER, WARM_UP, SENTINEL = "user-", "warm-up", "sentinel"
_SLACK_MS = 60_000


@dataclass(frozen=True)
class Clock:
    """The stream's clock against the sender's: event time in ms since BEGIN_MS, sending time in s since the start."""

    stream_ms: tuple[float, ...]
    sent_s: tuple[float, ...]

    def due_s(self, stream_ms: ArrayLike) -> NDArray[np.float64]:
        return np.interp(np.asarray(stream_ms, dtype=float), self.stream_ms, self.sent_s)

    def stream_at(self, sent_s: ArrayLike) -> NDArray[np.float64]:
        return np.interp(np.asarray(sent_s, dtype=float), self.sent_s, self.stream_ms)


def clock(params: Params) -> Clock:
    """Half of the sending for the last minutes and for what is still on its way after them, up to the longest delay in time.

    The rest, the last copies of copies among it, shares the other half.
    """
    end, half = params.hours * HOUR_S * 1_000, params.seconds / 2
    slow, delay = params.slow_minutes * 60_000, params.max_delay_s * 1_000
    first = half * (end - slow) / (end - slow + delay)
    stream_ms = (0.0, end - slow, end + delay, end + 2 * delay)
    return Clock(stream_ms, (0.0, first, first + half, params.seconds))


def log(params: Params) -> pd.DataFrame:
    """One row per message, in order of arrival: event_id, user, event_ms, value, delay_ms, copy, due_ns, partition.

    As many events a second of sending in both paces, so that the offered load is one.
    """
    own, end = clock(params), params.hours * HOUR_S * 1_000
    random = np.random.default_rng([params.seed, 1])
    moments = own.stream_at(random.uniform(0, float(own.due_s(end)), params.events)).astype(np.int64)
    made = arrivals(
        moments, params.users, params.max_delay_s, params.duplicate_share, params.late_share, params.seed
    )
    due_s = own.due_s(made["event_ms"] + made["delay_ms"])
    return _frame(made, np.round(due_s * 1e9).astype(np.int64))


def price_log(params: Params) -> pd.DataFrame:
    """Events at an even pace over the same hours, without delay or copy, for what a slide costs."""
    random = np.random.default_rng([params.seed, 2])
    moments = random.integers(0, round(params.hours * HOUR_S * 1_000), params.price_events)
    made = arrivals(moments, params.users, 0.001, 0.0, 0.0, params.seed)
    return _frame(made, np.zeros(len(made), dtype=np.int64))


def _frame(made: NDArray[np.void], due_ns: NDArray[np.int64]) -> pd.DataFrame:
    found = pd.DataFrame({name: made[name] for name in ("event_id", "value", "delay_ms", "copy")})
    found["event_ms"] = made["event_ms"] + BEGIN_MS
    # All of a user's events in one partition, in order: the largest offset in a window then tells what is in it.
    found["partition"] = made["user"] % PARTITIONS
    found["user"] = np.char.add(USER, made["user"].astype(str))
    found["due_ns"] = due_ns
    return found


def sentinel_ms(params: Params) -> int:
    """Event time of the message that closes the last window: a watermark only moves on when something comes."""
    return BEGIN_MS + round((params.hours + 1) * HOUR_S * 1_000) + params.max_delay_s * 1_000 + _SLACK_MS


def extra(user: str, number: int, event_ms: int) -> pd.DataFrame:
    """A message that belongs to no user of the log: the warm-up's and the sentinel."""
    row = {"event_id": -1 - number, "value": 0, "delay_ms": 0, "copy": False, "event_ms": event_ms}
    return pd.DataFrame([row | {"partition": number % PARTITIONS, "user": user, "due_ns": 0}])
