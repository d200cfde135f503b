"""The cheapest schedule that there is, knowing the future: by dynamic programming over days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .billing import charge
from .model import Bill, Stay
from .prices import Prices
from .trace import Object, Trace

OBJECT_DAYS = 2_000_000  # at a time: a few hundred MB


def offline_optimum(trace: Trace, prices: Prices) -> Bill:
    """The bill of the schedule with the least cost, over all that move an object on any midnight to any class.

    Exact for the model of `bill`: state is the class and the days spent in it, up to its minimum duration; objects cost
    nothing together, so each has its own optimum. Nothing is deleted. Time grows with objects times days.
    """
    schedule: list[tuple[Stay, ...]] = []
    batch = max(1, min(2_000, OBJECT_DAYS // trace.days))
    for first in range(0, len(trace.objects), batch):
        schedule += _Search(trace, trace.objects[first : first + batch], prices).schedule()
    return charge(trace, schedule, prices)


@dataclass(frozen=True)
class _Costs:
    """By object and class: of a day, of the first put, of entering, of a day's reads."""

    day: np.ndarray
    put: np.ndarray
    down: np.ndarray
    fetch: np.ndarray


class _Search:
    """All objects of a batch, day by day, in arrays: value[object, state] is the least cost so far."""

    def __init__(self, trace: Trace, objects: tuple[Object, ...], prices: Prices) -> None:
        self.trace, self.objects, self.days, self.prices = trace, objects, trace.days, prices
        days = trace.days
        self.gb = np.array([item.size for item in objects]) / prices.bytes_per_gb
        self.caps = [max(1, at.min_days) for at in prices.classes]
        self.start = np.concatenate([[0], np.cumsum(self.caps)])
        self.costs = self._costs()
        self.times = np.zeros((days, len(objects)), dtype=np.int64)
        for column, item in enumerate(objects):
            for day, times in item.reads:
                self.times[day, column] = times

    def _costs(self) -> _Costs:
        classes, prices = self.prices.classes, self.prices
        size, hot = self.gb * prices.bytes_per_gb, prices.hot.gb_month
        billed = [
            np.maximum(size, at.min_bytes) * at.gb_month
            + at.overhead_bytes * at.gb_month
            + at.overhead_hot_bytes * hot
            for at in classes
        ]
        ones = np.ones_like(self.gb)
        return _Costs(
            np.stack(billed, 1) / prices.bytes_per_gb / prices.days_in_month,
            np.stack([ones * at.put / 1000 for at in classes], 1),
            np.stack([ones * at.transition / 1000 for at in classes], 1),
            np.stack([self.gb * at.retrieval_gb + at.retrieval / 1000 * at.restore for at in classes], 1),
        )

    def schedule(self) -> list[tuple[Stay, ...]]:
        count, classes = len(self.objects), len(self.prices.classes)
        value = np.full((count, self.start[-1]), np.inf)
        since = np.full((count, classes), -1)  # first day of the stay that has reached its minimum
        self.came = np.full(
            (self.days, count, classes, 2), -1, dtype=np.int32
        )  # from which class, entered when
        self.last = [(0, 0)] * count
        created = np.array([item.created for item in self.objects])
        ended = np.array([item.ended for item in self.objects])
        for day in range(self.days):
            self._end(value, since, day, np.flatnonzero(ended == day))
            enter = self._enter(value, since, day)
            fresh = created == day
            enter[fresh] = self.costs.put[fresh]
            value, since = self._pass_a_day(value, since, enter, day)
            value[created > day] = np.inf
        self._end(value, since, self.days, np.flatnonzero(ended == self.days))
        return [self._back(row) for row in range(count)]

    def _leave(
        self, value: np.ndarray, since: np.ndarray, day: int, owed: float | np.ndarray = 1
    ) -> tuple[np.ndarray, np.ndarray]:
        """Least cost of being out of each class by now, and the day on which that stay began.

        owed: 1 if the rest of a minimum duration is charged, by object.
        """
        best, entered = np.empty(since.shape), np.empty(since.shape, dtype=np.int64)
        for rank, cap in enumerate(self.caps):
            stays = np.arange(1, cap + 1)
            rest = np.maximum(self.prices.classes[rank].min_days - stays, 0)
            held = self._held(rank)
            left = value[:, self.start[rank] : self.start[rank + 1]] + rest * (held * owed)[:, None]
            choice = left.argmin(1)
            best[:, rank] = left[np.arange(len(left)), choice]
            entered[:, rank] = np.where(choice == cap - 1, since[:, rank], day - choice - 1)
        return best, entered

    def _held(self, rank: int) -> np.ndarray:
        """A day's price of what a minimum duration is charged on: without what is kept in the first class beside it."""
        at, prices = self.prices.classes[rank], self.prices
        beside = at.overhead_hot_bytes * prices.hot.gb_month / prices.bytes_per_gb / prices.days_in_month
        return self.costs.day[:, rank] - beside

    def _enter(self, value: np.ndarray, since: np.ndarray, day: int) -> np.ndarray:
        """Least cost of a stay that begins today, by class."""
        best, entered = self._leave(value, since, day)
        fetched = self.costs.fetch
        if day and not self.trace.refetched:
            fetched = fetched * (self.times[day - 1] == 0)[:, None]
        enter = np.full(best.shape, np.inf)
        rows = np.arange(len(best))
        for rank in range(best.shape[1]):
            ways = best + np.where(
                np.arange(best.shape[1]) < rank,
                self.costs.down[:, [rank]],
                self.costs.put[:, [rank]] + fetched,
            )
            ways[:, rank] = np.inf
            source = ways.argmin(1)
            enter[:, rank] = ways[rows, source]
            self.came[day, :, rank, 0], self.came[day, :, rank, 1] = source, entered[rows, source]
        return enter

    def _pass_a_day(
        self, value: np.ndarray, since: np.ndarray, enter: np.ndarray, day: int
    ) -> tuple[np.ndarray, np.ndarray]:
        cost, after = self._today(day), np.empty_like(value)
        begun = since.copy()
        for rank, cap in enumerate(self.caps):
            old = value[:, self.start[rank] : self.start[rank + 1]]
            new = after[:, self.start[rank] : self.start[rank + 1]]
            if cap == 1:
                stays = old[:, 0] <= enter[:, rank]
                new[:, 0] = np.where(stays, old[:, 0], enter[:, rank])
                begun[:, rank] = np.where(stays, since[:, rank], day)
            else:
                new[:, 0], new[:, 1:] = enter[:, rank], old[:, :-1]
                longer = old[:, -1] <= old[:, -2]
                new[:, -1] = np.where(longer, old[:, -1], old[:, -2])
                begun[:, rank] = np.where(longer, since[:, rank], day - cap + 1)
            new += cost[:, [rank]]
        return after, begun

    def _today(self, day: int) -> np.ndarray:
        """Storage and reads of a day, by class."""
        times, hot = self.times[day], self.prices.hot
        cost = self.costs.day.copy()
        for rank, at in enumerate(self.prices.classes):
            if at.restore:
                copy = self.gb * hot.gb_month / self.prices.days_in_month
                cost[:, rank] += times * hot.get / 1000 + (times > 0) * (self.costs.fetch[:, rank] + copy)
            else:
                cost[:, rank] += times * (at.get / 1000 + self.costs.fetch[:, rank])
        return cost

    def _end(self, value: np.ndarray, since: np.ndarray, day: int, rows: np.ndarray) -> None:
        if len(rows):
            owed = np.array([float(self.trace.deletes(item)) for item in self.objects])
            best, entered = self._leave(value, since, day, owed)
            for row in rows:
                rank = int(best[row].argmin())
                self.last[row] = (rank, int(entered[row, rank]))
            value[rows] = np.inf

    def _back(self, row: int) -> tuple[Stay, ...]:
        item, (rank, start) = self.objects[row], self.last[row]
        path, end = [], item.ended
        while True:
            path.append(Stay(self.prices.classes[rank].name, start, end))
            if start == item.created:
                return tuple(reversed(path))
            end, (rank, start) = start, map(int, self.came[start, row, rank])
