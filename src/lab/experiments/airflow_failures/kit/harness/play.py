"""One run with one fault: begin, wait until it is due, inject, hold, heal, wait for the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from .api import ENDED

NEVER = float("nan")


@dataclass(frozen=True)
class Played:
    """Times in s since 1970, nan for what did not come. state: the run's last one."""

    begun_at: float
    injected_at: float
    healed_at: float
    ended_at: float
    state: str


def play(
    begin: Callable[[], None],
    due: Callable[[], float | None],
    fault: Callable[[], AbstractContextManager[object]],
    hold: Callable[[], object],
    state: Callable[[], str],
    patience_s: float,
) -> Played:
    """due: the moment of injection once it has come, None before. fault: in force within its block. hold: how long.

    patience_s: for the due moment, and again for the end of the run after it.
    """
    begun = time.time()
    begin()
    injected = _first(lambda: due() or (-1.0 if state() in ENDED else None), patience_s)
    if injected is None or injected < 0:  # ended before the fault was due, or never came that far
        return Played(begun, NEVER, NEVER, time.time() if state() in ENDED else NEVER, state())
    with fault():
        injected = max(injected, begun)
        hold()
    healed = time.time()
    ended = _first(lambda: time.time() if state() in ENDED else None, patience_s)
    return Played(begun, injected, healed, NEVER if ended is None else ended, state())


def _first(ask: Callable[[], float | None], patience_s: float) -> float | None:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if (found := ask()) is not None:
            return found
        time.sleep(0.25)
    return None
