"""The loop of the sink: read what is new, cut it into a batch, commit the batch, again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .batch import Batch, Cut, Read, at_transactions
from .change import Change
from .lake import Lake, Position
from .merge import Net, net
from .topics import Topics

FOLLOWING, MERGING, COMMITTING = "following", "merging", "committing"


def _nothing(*_: Any, **__: Any) -> None:
    """For who does not listen."""


@dataclass(frozen=True)
class Observer:
    """Who hears of the sink's work. stage: its name, as it begins. batch: figures of each one that is committed."""

    stage: Callable[[str], None] = _nothing
    batch: Callable[..., None] = _nothing


def next_due(due: float, began: float, interval: float) -> float:
    """When the batch is due that follows one that was due at `due` and began at `began`: the next point of a fixed grid.

    One that takes longer is followed at once, and what comes then is on the grid again, as with Spark's trigger by
    processing time.
    """
    return due + interval * (int(max(0.0, began - due) / interval) + 1)


@dataclass(frozen=True)
class Sink:
    """cut: where a batch ends. reduce: what its changes do to the table."""

    topics: Topics
    lake: Lake
    cut: Cut = at_transactions
    reduce: Callable[[Sequence[Change]], Net] = net
    told: Observer = Observer()

    def follow(self, interval: Callable[[], float], over: Callable[[], bool]) -> None:
        """A batch each `interval()` s from where the table says, until `over()`."""
        here = self.lake.position(self.topics.partitions)
        self.told.stage(FOLLOWING)
        due, seconds = time.time(), interval()
        while not over():
            time.sleep(max(0.0, due - time.time()))
            began = time.time()
            here = self.step(here, interval=seconds)
            seconds = interval()
            due = next_due(due, began, seconds)

    def step(self, here: Position, **known: float) -> Position:
        """The batch from `here` on; the position behind it, which is `here` if no transaction was complete."""
        began = time.time()
        batch = self.cut(self._read(here))
        if not batch.changes:
            return here
        self.told.stage(MERGING)
        after = self.commit(batch, here, began=began, **known)
        self.told.stage(FOLLOWING)
        return after

    def commit(self, batch: Batch, begin: Position, **known: float) -> Position:
        """Apply a batch that began at `begin`; the position behind it."""
        after = Position(batch.position, batch.transactions_position)
        taken = time.time()
        found = self.reduce(batch.changes)
        self.lake.merge(found, batch, begin, lambda: self.told.stage(COMMITTING))
        self.told.batch(
            table=self.lake.name,
            position=after.text(),
            taken=taken,
            merged=time.time(),
            changes=len(batch.changes),
            rows=len(found.effects),
            transactions=len(batch.transactions),
            **known,
        )
        return after

    def _read(self, here: Position) -> Read:
        read = self.topics.read(here, self.topics.ends())
        if any(change.last_of_snapshot for change in read.changes.values()):
            # The end of a partition may have been asked for before the snapshot's last row was committed.
            read = self.topics.read(here, self.topics.ends())
        return read
