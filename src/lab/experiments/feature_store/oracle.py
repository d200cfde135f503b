"""The truth by hand: every update of an entity looked at, one by one, in plain Python. No SQL, no store, no reader of the log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Clocks = Literal["both", "event"]
Features = tuple[float, float, bool]  # in the order of NAMES
NAMES = ("balance_eur", "share_spent", "night")
TTL = timedelta(days=7)  # of the registry


@dataclass(frozen=True)
class Fact:
    """What happened to `entity` when, and when it was known. Times: naive UTC."""

    entity: str
    event_time: datetime
    known_time: datetime
    event_id: str
    amount: int
    balance: int
    place: int = 0  # in the order in which they were sent

    def features(self) -> Features:
        """As a person would compute them."""
        return self.balance / 100, self.amount / (self.amount + self.balance), self.event_time.hour < 6


def by_entity(facts: Iterable[Fact]) -> Mapping[str, Sequence[Fact]]:
    found = defaultdict(list)
    for fact in facts:
        found[fact.entity].append(fact)
    return found


def at(
    facts: Mapping[str, Sequence[Fact]], entity: str, moment: datetime, clocks: Clocks = "both"
) -> Fact | None:
    """The latest event of `entity` that had happened at `moment`, and was known (unless one clock is all there is).

    Of the same event, what became known later counts, and of what became known at once what was sent later. None if it is
    older than the TTL, or there is none.
    """
    best = None
    for fact in facts.get(entity, ()):
        if fact.event_time > moment or (clocks == "both" and fact.known_time > moment):
            continue
        if best is None or _rank(fact) > _rank(best):
            best = fact
    return best if best is not None and moment - best.event_time <= TTL else None


def corrected(
    facts: Mapping[str, Sequence[Fact]], entity: str, moment: datetime, clocks: Clocks = "both"
) -> bool:
    """True if of the event that counts at `moment` there are versions with different features to choose from."""
    best = at(facts, entity, moment, clocks)
    versions = {
        fact.features()
        for fact in facts.get(entity, ())
        if best and fact.event_time == best.event_time and (clocks == "event" or fact.known_time <= moment)
    }
    return len(versions) > 1


def _rank(fact: Fact) -> tuple[datetime, datetime, int, str]:
    return fact.event_time, fact.known_time, fact.place, fact.event_id


def wrong(expected: Sequence[Fact | None], found: Sequence[Features | None]) -> list[int]:
    """Places at which other features were found."""
    if len(expected) != len(found):
        raise ValueError(f"{len(expected)} rows expected, {len(found)} found")
    return [
        place
        for place, (fact, features) in enumerate(zip(expected, found, strict=True))
        if features != (fact.features() if fact else None)
    ]
