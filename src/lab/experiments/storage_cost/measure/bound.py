"""Break-even where its bound of two is a theorem.

Ski rental: two states, additive costs, and every idle time ends with a read, which pays for the way there and back. So:
two classes, no fee but retrieval (with fees for moving, who stays cold through a read pays less than the way there and back), no
minimum duration, size or overhead, and traces that are cut at each object's last read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lab.experiments.storage_cost.measure.seen import Bound
from lab.experiments.storage_cost.mechanism import Prices, Trace, bill, break_even, charge, offline_optimum


def two_states(prices: Prices, cold: str) -> Prices:
    """The first class and `cold`, with additive costs only."""
    no_fees: Any = {"put": 0.0, "get": 0.0, "transition": 0.0, "retrieval": 0.0}
    plain = replace(
        prices.of(cold),
        min_days=0,
        min_bytes=0,
        overhead_bytes=0,
        overhead_hot_bytes=0,
        restore=False,
        **no_fees,
    )
    return replace(prices, classes=(replace(prices.hot, **no_fees), plain), tiering=())


def bound(trace: Trace, prices: Prices, cold: str) -> Bound:
    """The ratio of every object by itself: objects cost nothing together, so each has its own optimum."""
    table, closed = two_states(prices, cold), replace(trace.closed(), egress=0.0)
    online = bill(closed, break_even(table, cold, min_bytes=0), table)
    least = offline_optimum(closed, table)
    ratios = [
        charge(alone, [path], table).total / charge(alone, [best], table).total
        for alone, path, best in zip(_alone(closed), online.stays, least.stays, strict=True)
    ]
    return Bound(max(ratios), online.total / least.total, len(ratios))


def _alone(trace: Trace) -> list[Trace]:
    return [replace(trace, objects=(item,)) for item in trace.objects]
