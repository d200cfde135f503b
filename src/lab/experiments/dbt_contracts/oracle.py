"""What the marts should hold, from the source's rows, by loops; no SQL, and nothing of the package."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any

Rows = Sequence[Mapping[str, Any]]


def marts(customers: Rows, orders: Rows, lines: Rows) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of each mart, by its name, in no order. Columns are those of the package's contracts."""
    items: Counter[int] = Counter()
    for line in lines:
        items[line["order_id"]] += line["quantity"]
    facts = [_fact(order, items) for order in orders]
    return {"fct_orders": facts, "dim_customers": [_customer(one, facts) for one in customers]}


def _fact(order: Mapping[str, Any], items: Counter[int]) -> tuple[Any, ...]:
    day = order["ordered_at"].astimezone(UTC).date()
    return (
        *(order["order_id"], order["customer_id"], day, order["status"], order["currency"]),
        *(items[order["order_id"]], order["total"]),
    )


def _customer(customer: Mapping[str, Any], facts: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    own = [fact for fact in facts if fact[1] == customer["customer_id"] and fact[3] != "cancelled"]
    first = min((fact[2] for fact in own), default=None)
    revenue = sum((fact[6] for fact in own), Decimal(0))
    return (customer["customer_id"], customer["email"], customer["country"], first, len(own), revenue)


def differing(found: Iterable[tuple[Any, ...]], due: Iterable[tuple[Any, ...]]) -> int:
    """Rows that are missing or too many, each as often as it is."""
    one, other = Counter(found), Counter(due)
    return (one - other).total() + (other - one).total()
