"""Policies: all hot, rules of age, break-even on idle time, a predictor; and the tariff that moves objects itself."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from .billing import bill
from .model import EXPIRED, Bill, History, Move, Policy
from .prices import Prices
from .trace import Trace

SMALLEST = 131072  # S3's lifecycle leaves smaller objects where they are, unless told otherwise
THRESHOLDS = (1, 2, 3, 5, 7, 14, 21, 30, 45, 60, 90, math.inf)  # idle days that the predictor chooses among


def all_hot(_: History) -> Sequence[Move]:
    """Everything stays where it was put."""
    return ()


def age_rules(*rules: tuple[int, str], min_bytes: int = SMALLEST, expire: int | None = None) -> Policy:
    """S3's lifecycle rules: (days since creation, class), reads or no reads, never back. expire: days until deletion."""
    if any(days < 0 for days, _ in rules) or list(rules) != sorted(rules, key=lambda rule: rule[0]):
        raise ValueError(f"rules of age need ascending days from 0: {rules}")
    if expire is not None and expire < max([days for days, _ in rules], default=0) + 1:
        raise ValueError(f"deletion after {expire} days would come before the last rule: {rules}")

    def policy(history: History) -> Sequence[Move]:
        moved = [Move(history.created + days, to) for days, to in rules if history.size >= min_bytes]
        if expire is not None:
            moved.append(Move(history.created + expire, EXPIRED))
        first = not history.reads and history.today == history.created
        return [move for move in moved if move.day > history.today or (first and move.day == history.today)]

    return policy


def idle_rule(
    threshold: Callable[[History], float], cold: str, prices: Prices, min_bytes: int = SMALLEST
) -> Policy:
    """To `cold` after `threshold` idle days, and back on the day after a read, unless it would leave again on the next.

    No lifecycle rule can do this: it takes a job of your own that knows of reads, from an access log.
    """
    hot = prices.hot.name

    def policy(history: History) -> Sequence[Move]:
        if history.size < min_bytes:
            return ()
        days, tomorrow = threshold(history), history.today + 1
        if history.now_in == cold:
            if days <= 1:
                return ()
            back = [Move(tomorrow, hot)]
            return back if math.isinf(days) else [*back, Move(tomorrow + math.ceil(days), cold)]
        return () if math.isinf(days) else [Move(history.today + max(1, math.ceil(days)), cold)]

    return policy


def break_even_days(size: int, cold: str, prices: Prices) -> float:
    """Idle days after which hot storage has cost as much more as going cold and coming back: the ski-rental threshold."""
    at, hot = prices.of(cold), prices.hot
    gb = size / prices.bytes_per_gb
    kept = max(size, at.min_bytes) + at.overhead_bytes
    daily = (
        (hot.gb_month * (size - at.overhead_hot_bytes) - at.gb_month * kept)
        / prices.bytes_per_gb
        / prices.days_in_month
    )
    there_and_back = (at.transition + hot.put + at.retrieval) / 1000 + at.retrieval_gb * gb
    return there_and_back / daily if daily > 0 else math.inf


def break_even(prices: Prices, cold: str = "GLACIER_IR", min_bytes: int = SMALLEST) -> Policy:
    """Ski rental: go cold when hot storage has cost as much as the way there and back."""
    return idle_rule(lambda history: break_even_days(history.size, cold, prices), cold, prices, min_bytes)


def kind(history: History) -> int:
    """What the predictor tells objects by: on how many days they were read."""
    days = len(history.reads)
    return 0 if days <= 1 else 1 if days <= 3 else 2


def learn(trace: Trace, prices: Prices, cold: str = "GLACIER_IR") -> tuple[Policy, Mapping[int, float]]:
    """A predictor from the idle times of another trace, and its thresholds by kind of object.

    Of each kind it takes the threshold with the least mean cost of a gigabyte over the gaps that followed; what was not
    read again until the trace's end counts as a gap without a retrieval.
    """
    gaps: defaultdict[int, Counter[tuple[int, bool]]] = defaultdict(Counter)
    for item in trace.objects:
        days = [day for day, _ in item.reads]
        for number, day in enumerate(days, 1):
            history = History(item.size, item.created, day, item.reads[:number], prices.hot.name)
            last = number == len(days)
            gaps[kind(history)][(item.ended if last else days[number]) - day, not last] += 1
    found = {
        group: min(
            THRESHOLDS,
            key=lambda days: sum(n * _gap(*gap, days, cold, prices) for gap, n in seen.items()),
        )
        for group, seen in gaps.items()
    }
    return idle_rule(lambda history: found.get(kind(history), math.inf), cold, prices), found


def _gap(gap: int, read: bool, days: float, cold: str, prices: Prices) -> float:
    """Cost of a gigabyte over one idle time; requests are left out, as they don't grow with size."""
    at, hot = prices.of(cold), prices.hot
    if gap <= days:
        return hot.gb_month * gap / prices.days_in_month
    kept = max(gap - days, at.min_days)
    stored = (hot.gb_month * days + at.gb_month * kept) / prices.days_in_month
    return stored + (at.retrieval_gb if read else 0.0)


def automatic_tiering(trace: Trace, prices: Prices) -> Bill:
    """The bill of the tariff that moves objects itself: down after 30 and 90 idle days, up on a read, without fees."""
    tariff = prices.tariff()
    top, *lower = tariff.names

    def policy(history: History) -> Sequence[Move]:
        if history.size < SMALLEST:
            return ()
        down = [Move(history.today + days, name) for days, name in zip((30, 90), lower, strict=False)]
        up = [] if history.now_in == top else [Move(history.today + 1, top)]
        return [*up, *down]

    return bill(trace, policy, tariff)
