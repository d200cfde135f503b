"""What the marts should hold, from the shop's rows, by loops; no SQL, and nothing of the gate or of dbt."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

Rows = Sequence[Mapping[str, Any]]
LATE = timedelta(hours=48)


def marts(customers: Rows, orders: Rows, lines: Rows) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of each mart by its name, in no order."""
    country = {row["customer_id"]: row["country"] for row in customers}
    items: Counter[int] = Counter()
    for line in lines:
        items[line["order_id"]] += line["quantity"]
    kept = [row for row in orders if row["status"] != "cancelled"]
    return {"daily_sales": _daily(kept, country, items), "customer_value": _values(customers, kept)}


def _daily(orders: Rows, country: Mapping[int, str], items: Mapping[int, int]) -> list[tuple[Any, ...]]:
    days: dict[tuple[Any, str], list[Any]] = defaultdict(lambda: [0, 0, Decimal(0), 0])
    for row in orders:
        day = days[row["ordered_at"].astimezone(UTC).date(), country[row["customer_id"]]]
        late = row["shipped_at"] is not None and row["shipped_at"] - row["ordered_at"] > LATE
        for place, value in enumerate((1, items[row["order_id"]], row["total"], int(late))):
            day[place] += value
    return [(*place, *values) for place, values in days.items()]


def _values(customers: Rows, orders: Rows) -> list[tuple[Any, ...]]:
    found = []
    for customer in customers:
        own = [row for row in orders if row["customer_id"] == customer["customer_id"]]
        revenue = sum((row["total"] for row in own), Decimal(0))
        found.append((customer["customer_id"], customer["email"], len(own), revenue))
    return found


def differing(found: Iterable[tuple[Any, ...]], due: Iterable[tuple[Any, ...]]) -> int:
    """Rows that are missing or too many, each as often as it is."""
    one, other = Counter(found), Counter(due)
    return (one - other).total() + (other - one).total()
