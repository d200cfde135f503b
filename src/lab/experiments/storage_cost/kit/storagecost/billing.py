"""What a trace costs under a policy: quantities first, then quantities times prices, as a spreadsheet would."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from .model import COMPONENTS, EXPIRED, Bill, History, Move, Policy, Schedule, Stay
from .prices import Prices, StorageClass
from .trace import Object, Trace

NOTHING = 1e-12  # what sums of doubles leave where all was taken away again


def bill(trace: Trace, policy: Policy, prices: Prices) -> Bill:
    """What the trace costs if `policy` says where its objects are.

    What is kept beyond the trace's end owes the rest of its minimum duration only if the trace is `settled`.
    """
    return charge(trace, [stays(item, policy, prices) for item in trace.objects], prices)


def stays(item: Object, policy: Policy, prices: Prices) -> tuple[Stay, ...]:
    """Where an object is on which days, by asking the policy."""
    hot = prices.hot.name
    pending = sorted(
        policy(History(item.size, item.created, item.created, (), hot)), key=lambda move: move.day
    )
    first = pending.pop(0).to if pending and pending[0].day <= item.created else hot
    path = [(item.created, first)]
    for number, (day, _) in enumerate(item.reads, 1):
        _follow(path, pending, day)
        if path[-1][1] == EXPIRED:
            break
        history = History(item.size, item.created, day, item.reads[:number], path[-1][1])
        pending = sorted(policy(history), key=lambda move: move.day)
        if pending and pending[0].day <= day:
            raise ValueError(
                f"a policy that is asked on day {day} may move from day {day + 1} on, not {pending[0]}"
            )
    _follow(path, pending, item.ended - 1)
    for _, name in path:
        if name != EXPIRED:
            prices.rank(name)
    ends = [start for start, _ in path[1:]] + [item.ended]
    return tuple(
        Stay(name, start, end) for (start, name), end in zip(path, ends, strict=True) if name != EXPIRED
    )


def _follow(path: list[tuple[int, str]], pending: Sequence[Move], until: int) -> None:
    for move in pending:
        if move.day <= until and path[-1][1] not in (move.to, EXPIRED):
            path.append((move.day, move.to))


def charge(trace: Trace, schedule: Schedule, prices: Prices) -> Bill:
    """The bill of objects that are where `schedule` says."""
    meter = _Meter(trace, prices)
    for item, path in zip(trace.objects, schedule, strict=True):
        meter.object(item, path)
    return meter.bill(schedule)


class _Meter:
    """Counts quantities by component, class and day."""

    def __init__(self, trace: Trace, prices: Prices) -> None:
        self.trace, self.prices = trace, prices
        # By component, class and day: counted on that day; counted on each day from then on.
        self.once: dict[tuple[str, int, int], float] = defaultdict(float)
        self.begins: dict[tuple[str, int, int], float] = defaultdict(float)
        self.rank = {at.name: rank for rank, at in enumerate(prices.classes)}
        self.waits: dict[float, int] = {}
        self.cold_reads = self.lost_reads = 0

    def object(self, item: Object, path: Sequence[Stay]) -> None:
        read_on = {day for day, _ in item.reads}
        before: Stay | None = None
        for stay in path:
            self._enter(item, before, stay, stay.start - 1 in read_on)
            self._keep(item, stay, stay is not path[-1] or stay.end < item.ended or self.trace.deletes(item))
            before = stay
        end = path[-1].end
        position = 0
        for day, times in item.reads:
            while position < len(path) - 1 and path[position].end <= day:
                position += 1
            if day >= end:
                self.lost_reads += times
            else:
                self._read(item, path[position].to, day, times)

    def _enter(self, item: Object, before: Stay | None, stay: Stay, bytes_at_hand: bool) -> None:
        rank, day = self.rank[stay.to], stay.start
        if before is None:
            self._add("put", rank, day, 1)
        elif self.prices.classes[rank].automatic:
            return
        elif rank > (source := self.rank[before.to]):
            self._add("transition", rank, day, 1)
        else:
            self._add("put", rank, day, 1)
            # Who read it yesterday has the bytes and writes them back; else they are fetched for it.
            if self.trace.refetched or not bytes_at_hand:
                self._retrieve(self.prices.classes[source], source, item.size, day)

    def _keep(self, item: Object, stay: Stay, left: bool) -> None:
        rank = self.rank[stay.to]
        at = self.prices.classes[rank]
        gb, days = item.size / self.prices.bytes_per_gb, stay.end - stay.start
        extra = max(at.min_bytes - item.size, 0) / self.prices.bytes_per_gb
        over = at.overhead_bytes / self.prices.bytes_per_gb
        month = self.prices.days_in_month
        self._spread("storage", rank, stay, gb / month)
        self._spread("minimum size", rank, stay, extra / month)
        self._spread("overhead", rank, stay, over / month)
        self._spread("overhead", 0, stay, at.overhead_hot_bytes / self.prices.bytes_per_gb / month)
        if at.monitoring and item.size >= 131072:
            self._spread("monitoring", rank, stay, 1 / month)
        if left and days < at.min_days:
            self._add(
                "minimum duration", rank, stay.end - 1, (gb + extra + over) * (at.min_days - days) / month
            )

    def _read(self, item: Object, name: str, day: int, times: int) -> None:
        rank = self.rank[name]
        at, gb = self.prices.classes[rank], item.size / self.prices.bytes_per_gb
        self.waits[at.wait_s] = self.waits.get(at.wait_s, 0) + times
        self.cold_reads += times if at.cold else 0
        self._add("get", 0 if at.restore else rank, day, times)
        if at.cold:
            # One restore serves all reads of the day; elsewhere each read pays.
            self._retrieve(at, rank, item.size, day, 1 if at.restore else times)
        if at.restore:
            self._add("restored copy", 0, day, gb / self.prices.days_in_month)
        if self.trace.egress:
            self._add("egress", rank, day, gb * times * self.trace.egress)

    def _retrieve(self, at: StorageClass, rank: int, size: int, day: int, times: int = 1) -> None:
        self._add("retrieval", rank, day, times * size / self.prices.bytes_per_gb)
        if at.restore:
            self._add("restore", rank, day, times)

    def _add(self, component: str, rank: int, day: int, quantity: float) -> None:
        self.once[component, rank, day] += quantity

    def _spread(self, component: str, rank: int, stay: Stay, each_day: float) -> None:
        if each_day:
            self.begins[component, rank, stay.start] += each_day
            self.begins[component, rank, stay.end] -= each_day

    def _filled(self, counted: Mapping[tuple[str, int, int], float]) -> np.ndarray:
        row = {name: number for number, name in enumerate(COMPONENTS)}
        found = np.zeros((len(COMPONENTS), len(self.prices.classes), self.trace.days + 1))
        for (component, rank, day), quantity in counted.items():
            found[row[component], rank, day] = quantity
        return found

    def bill(self, schedule: Schedule) -> Bill:
        by_day = self._filled(self.once) + np.cumsum(self._filled(self.begins), axis=2)
        by_day = by_day[:, :, : self.trace.days]
        unit = np.array(
            [[unit_price(name, at, self.prices) for at in self.prices.classes] for name in COMPONENTS]
        )
        quantity = by_day.sum(axis=2)
        lines = pd.DataFrame(
            [
                (
                    at.name,
                    name,
                    quantity[row, rank],
                    COMPONENTS[name],
                    unit[row, rank],
                    quantity[row, rank] * unit[row, rank],
                )
                for rank, at in enumerate(self.prices.classes)
                for row, name in enumerate(COMPONENTS)
                if quantity[row, rank] > NOTHING
            ],
            columns=["class", "component", "quantity", "unit", "price", "usd"],
        )
        daily = pd.DataFrame((by_day * unit[:, :, None]).sum(axis=1).T, columns=list(COMPONENTS))
        months = self.trace.days / self.prices.days_in_month
        return Bill(lines, daily, self.waits, self.cold_reads, self.lost_reads, months, schedule)


def unit_price(component: str, at: StorageClass, prices: Prices) -> float:
    """Dollars for one unit of a component in a class."""
    thousands = {"put": at.put, "get": at.get, "transition": at.transition, "restore": at.retrieval}
    if component in thousands:
        return thousands[component] / 1000
    if component == "monitoring":
        return at.monitoring / 1000
    if component == "retrieval":
        return at.retrieval_gb
    return prices.egress_gb if component == "egress" else at.gb_month
