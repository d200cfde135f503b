"""The truth: what was sent, held against what was delivered. Pure, and it knows nothing of who delivered it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Delivery:
    """lost: sent and not delivered. duplicated: deliveries beyond the first. reordered: messages that were first
    delivered after one that was sent later. unexpected: deliveries of what was never sent."""

    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    unexpected: int = 0

    @property
    def wrong(self) -> int:
        """By how many the delivered differ from the sent, in whatever order."""
        return self.lost + self.duplicated + self.unexpected

    def __add__(self, other: Delivery) -> Delivery:
        return Delivery(
            self.lost + other.lost,
            self.duplicated + other.duplicated,
            self.reordered + other.reordered,
            self.unexpected + other.unexpected,
        )


def check_delivery(sent: Iterable[Hashable], delivered: Iterable[Hashable]) -> Delivery:
    """How `delivered` differs from `sent`: ids of messages, each in its order, ids compared by `==`.

    Kafka keeps order within a partition only: check each partition by itself, and add the results up.
    ValueError for an id that was sent twice or is not equal to itself (NaN): repeats could not be told from messages.
    TypeError for what is no sequence of ids.
    """
    rank: dict[Hashable, int] = {}
    for number, one in enumerate(_ids("sent", sent)):
        if one in rank:
            raise ValueError(f"sent: {one!r} is there twice; give each message an id of its own")
        rank[one] = number
    times: Counter[Hashable] = Counter()
    reordered, latest = 0, -1
    for one in _ids("delivered", delivered):
        times[one] += 1
        if one in rank and times[one] == 1:
            reordered += rank[one] < latest
            latest = max(latest, rank[one])
    known = [times[one] for one in rank if one in times]
    return Delivery(len(rank) - len(known), sum(known) - len(known), reordered, times.total() - sum(known))


def _ids(what: str, given: Iterable[Hashable]) -> Iterable[Hashable]:
    if (
        isinstance(given, (str, bytes, Mapping))
        or hasattr(given, "columns")
        or not isinstance(given, Iterable)
    ):
        raise TypeError(f"{what}: a sequence of ids is needed, not {type(given).__name__}")
    for one in given:
        try:
            hash(one)
        except TypeError:
            raise TypeError(f"{what}: {one!r} can't be an id; take a number, a text or a tuple") from None
        if isinstance(same := one == one, bool) and not same:
            raise ValueError(f"{what}: {one!r} is not equal to itself, so it can't be an id")
        yield one
