"""What was read from Kafka, and which part of it makes a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .change import Change, End

Offsets = dict[int, int]  # partition -> next offset


class IncompleteTransactionError(Exception):
    """A transaction's END was read and some of its changes were not: the topics do not belong together."""


@dataclass(frozen=True)
class Read:
    """Changes by (partition, offset) and the ENDs by offset; `position` before and `end` after them."""

    changes: Mapping[tuple[int, int], Change]
    ends: Mapping[int, End]
    position: Offsets
    end: Offsets
    transactions_position: int
    transactions_end: int

    def part(self, position: Offsets, end: Offsets, transactions: tuple[int, int]) -> Read:
        """What a reader gets of it who begins at `position` and stops at `end`; transactions: the same of the ENDs."""
        first, last = transactions
        changes = {
            place: change
            for place, change in self.changes.items()
            if position[place[0]] <= place[1] < end[place[0]]
        }
        ends = {offset: found for offset, found in self.ends.items() if first <= offset < last}
        return Read(changes, ends, position, end, first, last)

    def in_order_of_arrival(self) -> list[Change]:
        return [self.changes[place] for place in sorted(self.changes)]


@dataclass(frozen=True)
class Batch:
    """Changes in the order in which they count, and where the next batch begins."""

    changes: Sequence[Change]
    position: Offsets
    transactions_position: int
    transactions: Sequence[End] = field(default=())


Cut = Callable[[Read], Batch]


def at_transactions(read: Read) -> Batch:
    """Complete transactions only, in the order of their commits; the rest waits for the next batch.

    LSN alone would not do: transactions overlap in the log, and both halves of a changed key have the same.
    """
    ends = sorted(read.ends.values(), key=lambda end: end.lsn)
    rank = {end.xid: number for number, end in enumerate(ends)}
    initial = any(change.last_of_snapshot for change in read.changes.values())
    taken = {
        place: change
        for place, change in read.changes.items()
        if change.xid in rank or (change.xid is None and initial)
    }
    _complete(ends, list(taken.values()))
    ordered = sorted(taken.values(), key=lambda change: (rank.get(change.xid or 0, -1), change.place))
    # With snapshot rows still to come, transactions must wait too: they come after them.
    waiting = {place for place in read.changes if place not in taken}
    if any(read.changes[place].xid is None for place in waiting):
        return Batch([], read.position, read.transactions_position)
    return Batch(ordered, _resume(read, waiting), read.transactions_end, ends)


def whole(read: Read) -> Read:
    """`read` without the transactions of which changes are missing: what is left when such a loss was found."""
    counts = Counter(change.xid for change in read.changes.values())
    gone = {end.xid for end in read.ends.values() if counts[end.xid] != end.events}
    changes = {place: change for place, change in read.changes.items() if change.xid not in gone}
    return replace(
        read, changes=changes, ends={at: end for at, end in read.ends.items() if end.xid not in gone}
    )


def anywhere(read: Read) -> Batch:
    """All that was read, in the order of the log: right for each key, blind to transactions."""
    ordered = sorted(read.changes.values(), key=lambda change: (change.lsn, change.place))
    return Batch(ordered, read.end, read.transactions_end, list(read.ends.values()))


def _complete(ends: Sequence[End], changes: Sequence[Change]) -> None:
    found: dict[int | None, set[int]] = {}
    for change in changes:
        found.setdefault(change.xid, set()).add(change.place)
    for end in ends:
        seen = len(found.get(end.xid, ()))
        if seen != end.events:
            raise IncompleteTransactionError(
                f"transaction {end.xid} has {end.events} changes, {seen} of them were read; "
                "capture all its tables by this sink, and read the changes after the ENDs"
            )


def _resume(read: Read, waiting: set[tuple[int, int]]) -> Offsets:
    """Per partition the first offset that waits; transactions do not interleave within a partition."""
    return {
        partition: min([offset for found, offset in waiting if found == partition], default=end)
        for partition, end in read.end.items()
    }
