"""The bill against sums by hand and against SQL; the optimum against all schedules of small traces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from lab.experiments.storage_cost.mechanism import (
    EXPIRED,
    Bill,
    Object,
    Prices,
    Stay,
    StorageClass,
    Trace,
    charge,
    load,
    offline_optimum,
)
from lab.experiments.storage_cost.oracle import by_hand, exhaustive, meter
from lab.experiments.storage_cost.workload.arms import HOT, TIERING, Candidate

DAYS = 6  # of the small traces: three classes to the sixth are 729 schedules


def by_hand_table(prices: Prices | None = None) -> pd.DataFrame:
    """Each case: the sum by hand, and the bill at the list prices that come with the kit (or at `prices`)."""
    prices = prices or load()
    rows = []
    for case in by_hand.CASES:
        end = case.stays[-1][2]
        trace = Trace((Object("x", case.size, 0, end, case.reads),), end, case.egress, settled=True)
        path = tuple(Stay(name, start, until) for name, start, until in case.stays)
        found = charge(trace, [path], prices.tariff() if case.tariff else prices)
        rows.append((case.name, float(case.usd), found.total))
    return pd.DataFrame(rows, columns=["what", "expected", "found"])


def by_meter(trace: Trace, bills: Mapping[str, Bill], rule: Candidate, prices: Prices) -> pd.DataFrame:
    """Each policy's bill, and what the meter makes of where its objects were; of two, where SQL itself says that."""
    objects = pd.DataFrame(
        [(item.name, item.size, item.created, item.ended) for item in trace.objects],
        columns=["object", "size", "created", "ended"],
    )
    reads = pd.DataFrame(
        [(item.name, day, times) for item in trace.objects for day, times in item.reads],
        columns=["object", "day", "times"],
    )

    def metered(places: Any, table: Prices) -> float:
        constants = {
            "gb": float(table.bytes_per_gb),
            "month": float(table.days_in_month),
            "egress": table.egress_gb * trace.egress,
            "days": float("inf") if trace.settled else float(trace.days),
        }
        return meter.usd(objects, reads, places, _classes(table), constants)

    rows = [
        (name, metered(_places(trace, found), prices.tariff() if name == TIERING else prices), found.total)
        for name, found in bills.items()
    ]
    by_sql = {HOT: [], rule.name: [(rule.age, rule.to)]}
    rows += [
        (f"{name}, by SQL alone", metered(rules, prices), bills[name].total) for name, rules in by_sql.items()
    ]
    return pd.DataFrame(rows, columns=["what", "expected", "found"])


def _classes(prices: Prices) -> pd.DataFrame:
    return pd.DataFrame([asdict(item) for item in prices.classes]).assign(rank=range(len(prices.classes)))


def _places(trace: Trace, found: Bill) -> pd.DataFrame:
    """Object, day, class: one row for each day that an object is kept."""
    rows = [
        (item.name, stay.to, stay.start, stay.end)
        for item, path in zip(trace.objects, found.stays, strict=True)
        for stay in path
        if stay.to != EXPIRED
    ]
    names, classes, starts, ends = zip(*rows, strict=True)
    lengths = np.array(ends) - np.array(starts)
    day = np.concatenate([np.arange(start, end) for start, end in zip(starts, ends, strict=True)])
    return pd.DataFrame(
        {"object": np.repeat(names, lengths), "day": day, "class": np.repeat(classes, lengths)}
    )


def least(instances: int, seed: int, prices: Prices) -> pd.DataFrame:
    """Small random traces: the least cost of all schedules, and the dynamic program's."""
    rows = []
    for number in range(instances):
        size, reads, classes = exhaustive.instance(1_000 * seed + number, DAYS)
        # Every other one is deleted at its end, the others are kept.
        deleted = bool(number % 2)
        expected = exhaustive.least(
            size, reads, classes, DAYS, prices.bytes_per_gb, prices.days_in_month, deleted
        )
        table = replace(prices, classes=tuple(StorageClass(**item) for item in classes), tiering=())
        found = offline_optimum(
            Trace((Object("x", size, 0, DAYS, tuple(reads)),), DAYS, settled=deleted), table
        )
        rows.append((f"trace {number}", expected, found.total))
    return pd.DataFrame(rows, columns=["what", "expected", "found"])
