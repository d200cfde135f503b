"""What is true, found another way: consumers' results by loops over the source's rows, and who may deploy by brute force."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from lab.experiments.data_mesh.params import NOW

Row = tuple[Any, ...]
Rows = Sequence[Mapping[str, Any]]


def finance(orders: Rows) -> list[Row]:
    """Rows of daily_revenue: day in Berlin, orders, settled, outstanding."""
    days: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for order in orders:
        if order["ordered_at"] < NOW - timedelta(hours=72):
            days[order["ordered_at"].astimezone(ZoneInfo("Europe/Berlin")).date()].append(order)
    return [
        (
            day,
            sum(order["status"] != "cancelled" for order in own),
            _total(own, "shipped"),
            _total(own, "placed", "paid"),
        )
        for day, own in days.items()
    ]


def _total(orders: Rows, *status: str) -> Decimal:
    return sum((order["net"] + order["tax"] for order in orders if order["status"] in status), Decimal(0))


def marketing(orders: Rows) -> list[Row]:
    """Rows of customer_activity: customer, orders, cancelled, web, shop, phone, last order."""
    customers: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for order in orders:
        customers[order["customer_id"]].append(order)
    return [
        (
            *(customer, len(own), sum(order["status"] == "cancelled" for order in own)),
            *(sum(order["channel"] == channel for order in own) for channel in ("web", "shop", "phone")),
            max(order["ordered_at"] for order in own),
        )
        for customer, own in customers.items()
    ]


RESULTS: Mapping[str, Callable[[Rows], list[Row]]] = {"finance": finance, "marketing": marketing}


def differing(found: Iterable[Row], due: Iterable[Row]) -> int:
    """Rows that are missing or too many, each as often as it is."""
    one, other = Counter(found), Counter(due)
    return (one - other).total() + (other - one).total()


@dataclass(frozen=True)
class Event:
    """What happened: "verified" (publisher and consumer), "deployed", "replaced" or "retired" (what: participant, version)."""

    kind: str
    environment: str
    what: tuple[str, str]
    other: tuple[str, str] = ("", "")


Pair = tuple[tuple[str, str], tuple[str, str]]  # publisher and consumer, each with its version


def there(history: Sequence[Event], environment: str) -> set[tuple[str, str]]:
    """What is deployed to `environment`, told by reading the history from its beginning."""
    found: set[tuple[str, str]] = set()
    for event in history:
        if event.environment != environment:
            continue
        if event.kind == "replaced":
            found = {one for one in found if one[0] != event.what[0]}
        if event.kind in ("deployed", "replaced"):
            found = found | {event.what}
        if event.kind == "retired":
            found = found - {event.what}
    return found


def deployable(
    history: Sequence[Event], right: Mapping[Pair, bool], what: tuple[str, str], environment: str
) -> bool:
    """Whether every publisher and consumer that would run together were verified, and give right results.

    right: whether a consumer's real result is right on what a publisher really publishes; it names all pairs that there are.
    """
    verified = {(event.what, event.other) for event in history if event.kind == "verified"}
    others = {one for one in there(history, environment) if one[0] != what[0]}
    pairs = [pair for pair in right if what in pair and (set(pair) - {what}) <= others]
    needs = {publisher[0] for publisher, consumer in right if consumer == what}
    return needs <= {one[0] for one in others} and all(pair in verified and right[pair] for pair in pairs)
