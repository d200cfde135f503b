"""What a run leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lab.experiments.exactly_once.params import Fault
from lab.experiments.exactly_once.workload.generator import Sent
from lab.experiments.exactly_once.workload.schedule import Round

SINK, APPENDED = "Spark, by batch id", "Spark, appended"  # arms beside the processors

DELIVERED = np.dtype(
    [
        ("sequence", "<i8"),
        ("partition", "<i4"),
        ("member", "<i4"),  # which of an arm's processors wrote it, in the order of their starts
        ("batch", "<i4"),  # which of that processor's
        ("at", "<f8"),  # s since the epoch: appended by the broker, or written to the table
    ]
)
Rows = NDArray[np.void]


@dataclass(frozen=True)
class Told:
    """A line of a processor's or a driver's log. what: began, committed, refused, insisted, skipped,
    unknown. detail: of what began its messages."""

    arm: str
    member: int
    batch: int
    what: str
    at: float
    detail: str = ""


@dataclass(frozen=True)
class Injected:
    """A fault, done to one arm. at: s since the epoch. real: seen to have happened where it hurts; proof: by what.

    member: whom it hit.
    """

    round: int
    fault: Fault
    arm: str
    at: float
    real: bool
    proof: str
    member: int = -1


@dataclass(frozen=True)
class Ran:
    """A round that is over. start: of its load, s since the epoch. counts: rows that each arm had delivered by its end."""

    round: Round
    start: float
    end: float
    sent: Sent
    counts: dict[str, int]


@dataclass(frozen=True)
class Timed:
    """One batch: how long its messages took from handing over to commit, s. turn: in it all modes and sizes have one."""

    arm: str
    size: int
    seconds: float
    turn: int


@dataclass(frozen=True)
class Seen:
    """uncommitted: all that the exactly-once loop wrote, as a reader sees it that reads uncommitted."""

    rounds: Sequence[Ran]
    delivered: dict[str, Rows]
    uncommitted: Rows
    faults: Sequence[Injected]
    told: Sequence[Told]
    timed: Sequence[Timed] = ()
    restarts: dict[str, int] = field(default_factory=dict)
