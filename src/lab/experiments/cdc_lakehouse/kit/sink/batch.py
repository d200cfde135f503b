"""What was read from Kafka, and which part of it makes a batch."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .change import Change, End

Offsets = dict[int, int]  # partition -> next offset


class IncompleteTransactionError(Exception):
    """A transaction's END was read and some of its changes were not, or the other way round."""


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

    LSN alone would not do: transactions overlap in the log, and both halves of a changed key have the same. Rows that a
    snapshot read come after the transactions that were committed when it read them.
    """
    ends = sorted(read.ends.values(), key=lambda end: end.lsn)
    rank = {end.xid: number for number, end in enumerate(ends)}
    commits = [end.lsn for end in ends]
    waiting = _waiting(read, rank)
    taken = {place: change for place, change in read.changes.items() if place not in waiting}
    _complete(ends, list(taken.values()))
    if any(read.changes[place].xid is None and not read.changes[place].incremental for place in waiting):
        # Transactions come after the initial snapshot: with rows of it still to come, they must wait too.
        return Batch([], read.position, read.transactions_position)

    def order(place: tuple[int, int]) -> tuple[float, int, tuple[int, int]]:
        change = taken[place]
        if change.xid is None:
            return bisect_right(commits, change.lsn) - 0.5, 0, place
        return rank[change.xid], change.place, place

    changes = [taken[place] for place in sorted(taken, key=order)]
    return Batch(changes, _resume(read, waiting), read.transactions_end, [end for end in ends if end.events])


def _waiting(read: Read, rank: Mapping[int, int]) -> set[tuple[int, int]]:
    """Places of what must wait: transactions whose END was not read, and in each partition the rows read after them."""
    over = bool(rank) or any(change.xid is not None for change in read.changes.values())
    over = over or any(change.last_of_snapshot for change in read.changes.values())
    held: set[int] = set()
    found: set[tuple[int, int]] = set()
    for place in sorted(read.changes):
        change = read.changes[place]
        if change.xid is None:
            late = place[0] in held if change.incremental else not over
        elif late := change.xid not in rank:
            held.add(place[0])
        elif place[0] in held:
            raise IncompleteTransactionError(
                f"a transaction lies before {change.xid} in its partition, and its END was not read: Kafka deleted it, or it is "
                "of another connector's; keep the topic of transactions for longer (retention.ms)"
            )
        if late:
            found.add(place)
    return found


def whole(read: Read) -> Read:
    """`read` without the transactions of which changes are missing: what is left when such a loss was found."""
    counts = Counter(change.xid for change in read.changes.values())
    gone = {end.xid for end in read.ends.values() if counts[end.xid] != end.events}
    changes = {place: change for place, change in read.changes.items() if change.xid not in gone}
    return replace(
        read, changes=changes, ends={at: end for at, end in read.ends.items() if end.xid not in gone}
    )


def mid_transaction(read: Read) -> Batch:
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
                "the topic has lost some, or read it after the ENDs"
            )


def _resume(read: Read, waiting: set[tuple[int, int]]) -> Offsets:
    """Per partition the first offset that waits; transactions do not interleave within a partition."""
    return {
        partition: min([offset for found, offset in waiting if found == partition], default=end)
        for partition, end in read.end.items()
    }
