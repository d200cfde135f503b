"""The truth apart from the code under test: conservation of work, max-min fairness, sets of ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def overload_limit(rho: float) -> float:
    """Share of the load that a sink can't serve when it is offered `rho` times its capacity, however clever it refuses."""
    return max(0.0, 1 - 1 / rho)


def max_min_shares(demand: Mapping[str, float], capacity: float) -> dict[str, float]:
    """Max-min fair shares by progressive filling (Bertsekas and Gallager, Data Networks, 1992): nobody gets more than asked
    for, and nobody can get more without taking it from one who has no more.
    """
    shares: dict[str, float] = {}
    left, open_ = capacity, sorted(demand, key=lambda name: demand[name])
    while open_:
        name = open_.pop(0)
        shares[name] = min(demand[name], left / (len(open_) + 1))
        left -= shares[name]
    return shares


def missing(promised: Iterable[str], done: Iterable[str]) -> set[str]:
    """Ids that were promised and are not done."""
    return set(promised) - set(done)


def throttled_attempts(rho: float, capacity: float, k: float) -> float:
    """Attempts/s that reach a server offered `rho` times its capacity, once adaptive throttles have learnt.

    Of n requests in its window a throttle lets n (k a + 1) / (n + 1) go if a were accepted: about k for each accepted one.
    """
    return capacity * min(rho, k)
