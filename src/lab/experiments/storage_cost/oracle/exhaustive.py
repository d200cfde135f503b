"""The least cost of one object by trying every schedule: for a few days and three classes, priced in plain Python."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from typing import Any

Class = Mapping[str, Any]


def instance(seed: int, days: int) -> tuple[int, list[tuple[int, int]], list[dict[str, Any]]]:
    """A random object (size in bytes, reads) and three random classes, the first one hot; minimum durations of 2 and 3 days."""
    draw = random.Random(seed)
    size = draw.choice([1 << 30, 3 << 28, 100_000, 20_000])
    reads = [(day, draw.randint(1, 3)) for day in range(days) if draw.random() < 0.35]
    hot = draw.uniform(0.3, 3.0)
    classes: list[dict[str, Any]] = [{"name": "hot", "gb_month": hot, "put": 5.0, "get": 0.4, "wait_s": 0.1}]
    for name, least in (("cool", 2), ("cold", 3)):
        classes.append(
            {
                "name": name,
                "gb_month": hot * draw.uniform(0.05, 0.9),
                "put": draw.uniform(0, 20),
                "get": draw.uniform(0, 5),
                "wait_s": 1.0,
                "transition": draw.uniform(0, 20),
                "retrieval_gb": draw.uniform(0, 0.2),
                "retrieval": draw.uniform(0, 20),
                "min_days": least,
                "min_bytes": draw.choice([0, 131_072]),
                "overhead_bytes": draw.choice([0, 32_768]),
                "overhead_hot_bytes": draw.choice([0, 8_192]),
                "restore": draw.random() < 0.5,
            }
        )
    return size, reads, classes


def least(
    size: int,
    reads: Sequence[tuple[int, int]],
    classes: Sequence[Class],
    days: int,
    gb: int,
    month: int,
    deleted: bool,
) -> float:
    """Cost of the cheapest of all ways to be in one of the classes on each day."""
    times = dict(reads)
    ways = itertools.product(range(len(classes)), repeat=days)
    return min(cost(way, size, times, classes, gb, month, deleted) for way in ways)


def cost(
    way: Sequence[int],
    size: int,
    times: Mapping[int, int],
    classes: Sequence[Class],
    gb: int,
    month: int,
    deleted: bool,
) -> float:
    """Cost of being in class `way[day]` on each day, added up day by day. deleted: at the end, or kept beyond it."""
    hot, total, run = classes[0], 0.0, 0
    for day, rank in enumerate(way):
        at = classes[rank]
        total += _day(at, hot, size, gb) / month
        if not day or way[day - 1] != rank:
            total += _entry(way[day - 1] if day else None, rank, classes, size / gb, bool(times.get(day - 1)))
            run = 0
        run += 1
        left = way[day + 1] != rank if day + 1 < len(way) else deleted
        if left:
            short = max(at.get("min_days", 0) - run, 0)
            billed = max(size, at.get("min_bytes", 0)) + at.get("overhead_bytes", 0)
            total += short * billed / gb * at["gb_month"] / month
        if number := times.get(day, 0):
            total += _reads(at, hot, number, size / gb, month)
    return total


def _day(at: Class, hot: Class, size: int, gb: int) -> float:
    billed = max(size, at.get("min_bytes", 0)) + at.get("overhead_bytes", 0)
    return (billed * at["gb_month"] + at.get("overhead_hot_bytes", 0) * hot["gb_month"]) / gb


def _entry(before: int | None, rank: int, classes: Sequence[Class], size: float, at_hand: bool) -> float:
    at = classes[rank]
    if before is None:
        return float(at["put"] / 1000)
    if rank > before:
        return float(at.get("transition", 0) / 1000)
    old = classes[before]
    fetch = 0.0 if at_hand else old.get("retrieval_gb", 0) * size
    if not at_hand and old.get("restore"):
        fetch += old.get("retrieval", 0) / 1000
    return float(at["put"] / 1000 + fetch)


def _reads(at: Class, hot: Class, number: int, size: float, month: int) -> float:
    if at.get("restore"):
        once = at.get("retrieval", 0) / 1000 + size * (at.get("retrieval_gb", 0) + hot["gb_month"] / month)
        return float(once + number * hot["get"] / 1000)
    return float(number * (at["get"] / 1000 + size * at.get("retrieval_gb", 0)))
