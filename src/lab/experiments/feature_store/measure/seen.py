"""What the measurements of one run give; a part that was not measured is None."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from hdrh.histogram import HdrHistogram

SINGLE, BATCH, UPDATES = "single", "batch", "updates"


@dataclass(frozen=True)
class Joined:
    """One way to join. wrong: places at which the truth by both clocks differs; wrong_one_clock: that by event time.

    corrected, corrected_one_clock: places at which there are several versions of the event that counts.
    leaked: places with features that were not known at that time. seconds: of the join alone.
    """

    join: str
    rows: int
    wrong: Sequence[int]
    wrong_one_clock: Sequence[int]
    leaked: Sequence[int]
    seconds: float
    corrected: frozenset[int] = frozenset()
    corrected_one_clock: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Served:
    """Lookups of one kind. latency: from due to answered; punctual, answered: shares of all."""

    kind: str
    latency: HdrHistogram
    punctual: float
    answered: float
    requests: int


@dataclass(frozen=True)
class Live:
    """checks: arm, hold_s, instant, entity, ageing, differs, reconciled (the kit judges alike).

    delays_s: of each arm, of updates that were written.

    superseded: of each arm, updates that were not written because a later one was there. checked: share of the planned
    checks that were made while updates ran.
    """

    checks: pd.DataFrame
    delays_s: Mapping[str, Sequence[float]]
    superseded: Mapping[str, int]
    served: Sequence[Served]
    updates_punctual: float
    checked: float = 1.0


@dataclass(frozen=True)
class Outage:
    """probes: seconds (since the kill), status (0: none), empty (an answer that says that nothing is known).

    back_s: from the kill to the end of the refill; refill_s: of that the refill; bytes_each: Redis' memory per entity.
    """

    probes: pd.DataFrame
    back_s: float
    start_s: float
    load_s: float
    refill_s: float
    entities: int
    bytes_each: float


@dataclass(frozen=True)
class Rest:
    """Entities compared when nothing moves, those that differ, and how many of these only because they are too old.

    applied_per_s: updates that one process read, computed and wrote in a replay of the log.
    """

    entities: int
    differing: Sequence[str]
    expired: int = 0
    applied_per_s: float = float("nan")


@dataclass(frozen=True)
class Log:
    """Messages sent, and found offline with the right number of each."""

    sent: int
    wrong: int


@dataclass(frozen=True)
class Seen:
    """One part for each measurement. judged: the join whose rows are held against the truth."""

    judged: str
    joins: Sequence[Joined] = ()
    live: Live | None = None
    outage: Outage | None = None
    rest: Rest | None = None
    log: Log | None = None
