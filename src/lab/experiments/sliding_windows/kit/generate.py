"""Synthetic events that come late and twice, in order of arrival. Needs NumPy, nothing else.

As a program it writes a JSON object a line: python generate.py --events 20000 --users 50 --hours 2 > events.jsonl
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# One row per message; user is a number, delay_ms of this very copy.
ROW = np.dtype(
    [
        ("event_id", "<i8"),
        ("user", "<i8"),
        ("event_ms", "<i8"),
        ("value", "<i8"),
        ("delay_ms", "<i8"),
        ("copy", "?"),
    ]
)
VALUES = 50  # different values
LATE_FROM_S, LATE_TO_S = (
    180,
    3_600,
)  # how late an event beyond the watermark is, and a copy that comes far apart
SHORT_SHARE, SHORT_MEAN_S = 0.7, 5.0
DELAYS = (
    f"{SHORT_SHARE:.0%} of the delays are exponential with a mean of {SHORT_MEAN_S:g} s, the others uniform, all below the "
    f"bound; late ones are uniform from {LATE_FROM_S // 60} to {LATE_TO_S // 60} minutes"
)


def arrivals(
    event_ms: NDArray[np.int64],
    users: int,
    max_delay_s: float,
    duplicate_share: float,
    late_share: float,
    seed: int,
) -> NDArray[np.void]:
    """Messages about events that happened at `event_ms`, in order of arrival (event_ms + delay_ms).

    Delays are as DELAYS says; `late_share` of the events come later than the bound, where the stream is still long
    enough. `duplicate_share` are sent twice, unchanged: half of the copies follow within the bound, half far apart.
    """
    random = np.random.default_rng(seed)
    rows = np.zeros(len(event_ms), ROW)
    rows["event_id"] = np.arange(len(rows))
    rows["user"] = random.integers(0, users, len(rows))
    rows["event_ms"] = np.sort(event_ms)
    rows["value"] = random.integers(1, VALUES + 1, len(rows))
    rows["delay_ms"] = _delays(random, len(rows), max_delay_s)
    room = rows["event_ms"].max(initial=0) - rows["event_ms"]
    late = (random.random(len(rows)) < late_share) & (room > LATE_FROM_S * 1_000)
    rows["delay_ms"][late] = _far(random, room[late])
    again = random.random(len(rows)) < duplicate_share
    copies, room = rows[again], room[again] - rows["delay_ms"][again]
    extra = random.integers(1, round(max_delay_s * 1_000), len(copies), endpoint=True)
    far = (random.random(len(copies)) < 0.5) & (room > LATE_FROM_S * 1_000)
    extra[far] = _far(random, room[far])
    copies["delay_ms"] += extra
    copies["copy"] = True
    both = np.concatenate([rows, copies])
    return both[np.argsort(both["event_ms"] + both["delay_ms"], kind="stable")]


def _delays(random: np.random.Generator, count: int, max_delay_s: float) -> NDArray[np.int64]:
    bound = round(max_delay_s * 1_000)
    short = random.exponential(SHORT_MEAN_S * 1_000, count) % bound
    spread = random.uniform(0, bound, count)
    return np.where(random.random(count) < SHORT_SHARE, short, spread).astype(np.int64)


def _far(random: np.random.Generator, room: NDArray[np.int64]) -> NDArray[np.int64]:
    """Delays far beyond the bound, none longer than the stream still is."""
    return random.integers(LATE_FROM_S * 1_000, np.minimum(LATE_TO_S * 1_000, room), endpoint=True)


def text(event_id: int, user: str, event_ms: int, value: int) -> str:
    """One message: a JSON object, the time in ms since 1970."""
    return json.dumps({"event_id": event_id, "user": user, "event_time": event_ms, "value": value})


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description="Write events that come late and twice, in order of arrival."
    )
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--hours", type=float, default=2.0, help="of event time")
    parser.add_argument(
        "--begin", type=int, default=1_767_225_600_000, help="first event's time, ms since 1970"
    )
    parser.add_argument("--max-delay", type=float, default=120.0, help="s")
    parser.add_argument("--duplicates", type=float, default=0.05, help="share of events that are sent twice")
    parser.add_argument("--late", type=float, default=0.01, help="share of events beyond the delay")
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args(given)
    if (
        told.events < 1
        or told.users < 1
        or not told.hours > 0
        or told.begin < 1
        or not told.max_delay >= 0.001
    ):
        parser.error("--events, --users, --begin, --hours and --max-delay must be above 0")
    if not (0 <= told.duplicates <= 1 and 0 <= told.late <= 1):
        parser.error("--duplicates and --late are shares, from 0 to 1")
    moments = (
        np.random.default_rng(told.seed).integers(0, round(told.hours * 3_600_000), told.events) + told.begin
    )
    made = arrivals(moments, told.users, told.max_delay, told.duplicates, told.late, told.seed)
    for row in made:
        sys.stdout.write(
            text(int(row["event_id"]), f"user-{row['user']}", int(row["event_ms"]), int(row["value"])) + "\n"
        )


if __name__ == "__main__":
    main()
