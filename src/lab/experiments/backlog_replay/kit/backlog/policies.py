"""How fast a backlog may be replayed: plain functions from a state to an allowed rate, in rows/s."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class State:
    """What a policy may look at.

    elapsed_s: since the replay began. remaining: rows of the backlog. capacity: rows/s that the sink takes safely, of
    replay and live traffic together; live_rate: rows/s of the latter. latency_s: mean of the last writes to the sink,
    NaN before the first. limit_s: what `aimd` holds it below. rate: what was allowed last, rows/s.
    """

    elapsed_s: float
    remaining: int
    capacity: float
    live_rate: float
    latency_s: float = math.nan
    limit_s: float = math.inf
    rate: float = 0.0

    @property
    def room(self) -> float:
        """Rows/s that the live traffic leaves; never negative."""
        return max(0.0, self.capacity - self.live_rate)


Policy = Callable[[State], float]
FIRST = 0.2  # share of the room with which `ramp` and `aimd` begin: ours


def unthrottled(state: State) -> float:
    """As fast as the sink lets it."""
    return math.inf


def fixed(share: float = 0.75) -> Policy:
    """So that replay and live traffic together are `share` of the capacity, from the first moment on."""
    _check(0 < share <= 1, f"share must be above 0 and at most 1, not {share!r}")

    def policy(state: State) -> float:
        return max(0.0, share * state.capacity - state.live_rate)

    return policy


def ramp(share: float = 0.75, seconds: float = 60) -> Policy:
    """To the same rate in a straight line: what goes wrong shows while little is at stake."""
    _check(seconds > 0, f"seconds must be above 0, not {seconds!r}")
    full = fixed(share)

    def policy(state: State) -> float:
        return full(state) * min(1.0, FIRST + (1 - FIRST) * state.elapsed_s / seconds)

    return policy


def aimd(add: float = 0.05, cut: float = 0.5) -> Policy:
    """Additive increase, multiplicative decrease (Chiu and Jain 1989) on the sink's latency: asks for no share.

    At each look the rate grows by `add` of the room, or is multiplied by `cut` if writes take longer than the limit.
    """
    _check(add > 0 and 0 < cut < 1, f"add must be above 0 and cut between 0 and 1, not {add!r} and {cut!r}")

    def policy(state: State) -> float:
        if not state.rate:
            return FIRST * state.room
        if state.latency_s > state.limit_s:
            return min(max(state.rate * cut, add * state.room), state.room)
        return min(state.rate + add * state.room, state.room)

    return policy


def _unthrottled() -> Policy:
    return unthrottled


POLICIES: dict[str, Callable[..., Policy]] = {
    "unthrottled": _unthrottled,
    "fixed": fixed,
    "ramp": ramp,
    "aimd": aimd,
}


def _check(holds: bool, words: str) -> None:
    if not holds:
        raise ValueError(words)
