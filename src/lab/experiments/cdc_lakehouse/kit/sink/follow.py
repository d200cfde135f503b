"""The loop of the sink: read what is new, cut it into a batch, commit the batch, again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .batch import Batch, Cut, Read, at_transactions
from .change import Change
from .lake import Lake
from .merge import Net, net
from .position import Position
from .source import Table
from .topics import Places, Topics

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
    """Tables that are followed together. lakes: one for each of the topics' tables. cut: where a batch ends.

    reduce: what its changes do to the table. catalog: what the source says now of its tables, in the lakes' order.
    """

    topics: Topics
    lakes: Sequence[Lake]
    cut: Cut = at_transactions
    reduce: Callable[[Sequence[Change]], Net] = net
    told: Observer = Observer()
    catalog: Callable[[], Sequence[Table]] | None = None

    def follow(self, interval: Callable[[], float], over: Callable[[], bool]) -> None:
        """A batch of each table each `interval()` s from where the tables say, until `over()`."""
        here = self.position()
        self.told.stage(FOLLOWING)
        due, seconds = time.time(), interval()
        while not over():
            time.sleep(max(0.0, due - time.time()))
            began = time.time()
            here = self.step(here, interval=seconds)
            seconds = interval()
            due = next_due(due, began, seconds)
            self.note(here, time.time() < due)
        self.note(here)

    def note(self, here: Places, idle: bool = True) -> None:
        """Let the tables note where they are, now that there is time (`idle`), or because it is long ago."""
        for lake in self.lakes:
            lake.note(here[lake.table.collection], idle)

    def position(self) -> Places:
        """Where each table says that it goes on; at the beginning in partitions that its topic has got since."""
        found = {}
        for lake in self.lakes:
            beginning = self.topics.beginning(lake.table)
            here = lake.position(beginning)
            found[lake.table.collection] = Position(beginning.changes | here.changes, here.transactions)
        return found

    def step(self, here: Places, **known: float) -> Places:
        """The batches from `here` on, which all end at the same transaction; the positions behind them.

        Every batch is cut before the first is written.
        """
        began = time.time()
        reads = self._read(here)
        batches = {name: self.cut(read) for name, read in reads.items()}
        if self.catalog and any(batch.changes for batch in batches.values()):
            for lake, table in zip(self.lakes, self.catalog(), strict=True):
                lake.follow(table)
        after = {}
        for lake in self.lakes:
            name = lake.table.collection
            after[name] = self._take(lake, batches[name], here[name], began=began, **known)
        return after

    def _take(self, lake: Lake, batch: Batch, begin: Position, **known: float) -> Position:
        if not batch.changes:
            return lake.quiet(begin, Position(batch.position, batch.transactions_position))
        self.told.stage(MERGING)
        after = self.commit(lake, batch, begin, **known)
        self.told.stage(FOLLOWING)
        return after

    def commit(self, lake: Lake, batch: Batch, begin: Position, **known: float) -> Position:
        """Apply a batch that began at `begin`; the position behind it."""
        after = Position(batch.position, batch.transactions_position)
        taken = time.time()
        found = self.reduce(batch.changes)
        lake.merge(found, batch, begin, lambda: self.told.stage(COMMITTING))
        self.told.batch(
            table=lake.name,
            position=after.text(),
            taken=taken,
            merged=time.time(),
            changes=len(batch.changes),
            rows=len(found.effects),
            transactions=len(batch.transactions),
            **known,
        )
        return after

    def _read(self, here: Places) -> dict[str, Read]:
        reads = self.topics.read(here, self.topics.ends())
        if any(change.last_of_snapshot for read in reads.values() for change in read.changes.values()):
            # The end of a partition may have been asked for before the snapshot's last row was committed.
            reads = self.topics.read(here, self.topics.ends())
        return reads
