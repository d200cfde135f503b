"""What became of the events in one query, and what should have, by the oracle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lab.evidence.frames import records
from lab.experiments.late_features.measure.queries import final
from lab.experiments.late_features.measure.seen import KEY, VALUES, Run, Seen
from lab.experiments.late_features.oracle import batch, rule
from lab.experiments.late_features.oracle.rule import Event, Replayed
from lab.experiments.late_features.params import Params
from lab.experiments.late_features.workload.arms import UNGUARDED
from lab.experiments.late_features.workload.stream import FLIGHT, NOBODY, POISON


@dataclass(frozen=True)
class Outcome:
    """One query, with what it read."""

    params: Params
    seen: Seen
    run: Run

    @cached_property
    def flights(self) -> pd.DataFrame:
        """What was sent, without the two events that are no flights."""
        return self.seen.sent[self.seen.sent["kind"] == FLIGHT]

    @cached_property
    def poison(self) -> frozenset[int]:
        return frozenset(self.seen.sent.loc[self.seen.sent["kind"] == POISON, "number"])

    @cached_property
    def values(self) -> pd.DataFrame:
        """The last value of each feature of flights."""
        newest = final(self.run)
        return newest[self._of_flights(newest)].reset_index(drop=True)

    @cached_property
    def emitted(self) -> pd.DataFrame:
        """All that was put out of flights' features."""
        return self.run.updates[self._of_flights(self.run.updates)]

    def _of_flights(self, rows: pd.DataFrame) -> pd.Series:
        return (rows["carrier"] != NOBODY) & (rows["start_s"] <= self.flights["event_s"].max())

    @cached_property
    def counted(self) -> Counter[int]:
        """How often each event is in the features, by its number."""
        return Counter(number for numbers in self.values["numbers"] for number in numbers)

    @cached_property
    def missing(self) -> frozenset[int]:
        """Flights that are in no feature."""
        return frozenset(self.flights["number"]) - set(self.counted)

    @property
    def share(self) -> float:
        """Of the flights, those in their features."""
        return 1 - len(self.missing) / len(self.flights)

    @cached_property
    def late(self) -> frozenset[int]:
        """Flights that came after their window's end was seen."""
        clean = self._events(self.poison)
        return rule.late(clean.values(), self.params.window_s) & frozenset(self.flights["number"])

    @cached_property
    def replayed(self) -> Replayed:
        """By Spark's rule, over what the guard let through."""
        return self._replay(frozenset() if self.run.arm.name == UNGUARDED else self.seen.refused)

    @cached_property
    def undisturbed(self) -> Replayed:
        """The same without the event from the future."""
        return self._replay(self.poison)

    @cached_property
    def admitted(self) -> pd.DataFrame:
        """The features by DuckDB, of the flights that the rule admits."""
        own = self.flights["number"].isin(self.replayed.counted)
        return batch.values(self.flights[own], self.params.window_s)

    @cached_property
    def whole(self) -> pd.DataFrame:
        """The features by DuckDB, of all flights."""
        return batch.values(self.flights, self.params.window_s)

    @cached_property
    def filters(self) -> dict[int, float]:
        """The watermark with which each batch was filtered: that of the batch before."""
        return dict(
            zip(self.run.batches["batch"], [0.0, *self.run.batches["watermark_s"].iloc[:-1]], strict=True)
        )

    @cached_property
    def clock(self) -> dict[int, int]:
        """The latest arrival of a flight up to the end of each batch, s since 1970."""
        log = self.seen.log
        # The last event, hours behind, only closes the windows: no feature waited for it.
        arrivals = log["arrival_s"].where(log["carrier"] != NOBODY).cummax().ffill()
        return {row.batch: int(arrivals.iloc[row.end - 1]) for row in records(self.run.batches)}

    @property
    def right(self) -> pd.DataFrame:
        """All features, with `same`: whether the query ended at the value over all flights."""
        both = self.whole.merge(self.values, on=KEY, how="left", suffixes=("", "_own"))
        same = [(both[name] == both[f"{name}_own"]) for name in VALUES]
        return both.assign(same=same[0] & same[1] & same[2])

    def _replay(self, without: Collection[int]) -> Replayed:
        cut = rule.batches(self._events(without), self.run.batches["end"])
        return rule.replay(cut, self.run.arm.watermark_minutes * 60, self.params.window_s)

    def _events(self, without: Collection[int]) -> dict[int, Event]:
        return {
            row.offset: Event(row.number, row.event_s, (row.carrier, row.origin))
            for row in records(self.seen.log)
            if row.number not in without
        }


def differing(one: pd.DataFrame, other: pd.DataFrame) -> int:
    """Features that the two tables have otherwise, or only one of them."""
    columns = [*KEY, *VALUES]
    both = one[columns].merge(other[columns], on=KEY, how="outer", suffixes=("", "_other"), indicator=True)
    same = both["_merge"] == "both"
    for name in VALUES:
        same &= both[name] == both[f"{name}_other"]
    return int((~same).sum())
