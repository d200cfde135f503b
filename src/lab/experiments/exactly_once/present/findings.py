"""What a run shows, in the few figures that its pictures, its model and its summary speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lab.evidence.fit import Line
from lab.evidence.frames import records
from lab.evidence.result import Result
from lab.experiments.exactly_once.judge import observations
from lab.experiments.exactly_once.measure.seen import APPENDED, SINK
from lab.experiments.exactly_once.mechanism import AT_LEAST_ONCE, AT_MOST_ONCE, EXACTLY_ONCE
from lab.experiments.exactly_once.params import FAULTS, Params

ONCE, LEAST, MOST = EXACTLY_ONCE.name, AT_LEAST_ONCE.name, AT_MOST_ONCE.name
ARMS = (ONCE, LEAST, MOST, SINK, APPENDED)


@dataclass(frozen=True)
class Findings:
    """deliveries, lag, recovery, cost: tables of the run (see judge)."""

    params: Params
    treatment: Result

    def table(self, name: str) -> pd.DataFrame:
        return self.treatment.tables[name]

    def metric(self, name: str) -> float:
        return float(self.treatment.metric(name).value)

    @property
    def messages(self) -> int:
        return round(self.metric("messages"))

    @property
    def faults(self) -> int:
        return round(self.metric("faults"))

    @property
    def last(self) -> Any:
        """Each arm's deliveries after the last round, by arm."""
        return self.table("deliveries").groupby("arm").last()

    def lost(self, arm: str) -> int:
        return int(self.last.loc[arm, "lost"])

    def repeated(self, arm: str) -> int:
        return int(self.last.loc[arm, "duplicated"])

    @property
    def wrong(self) -> int:
        """Lost, repeated and unknown by both pipelines of the treatment, after their worst round."""
        return int(sum(self.treatment.observed[name].value for name in ("loop_exact", "sink_exact")))

    @property
    def slowest(self) -> Any:
        """The longest recovery of the two exactly-once arms, a row of `recovery`."""
        own = self.table("recovery")
        own = own[own["arm"].isin((ONCE, SINK))].dropna(subset=["recovery"])
        return next(records(own.loc[[own["recovery"].idxmax()]]))

    def longest(self, arm: str, fault: str) -> float:
        """Longest recovery of an arm from one kind of fault, s; not a number without one."""
        own = self.table("recovery")
        return float(own[(own["arm"] == arm) & (own["fault"] == fault)]["recovery"].max())

    @property
    def fit(self) -> Line:
        """Time of a transaction, ms, against its messages."""
        return observations.fitted(self.table("cost"))

    @property
    def plain(self) -> Line:
        """The same at least once: with a commit of offsets, without a transaction."""
        return observations.fitted(self.table("cost"), LEAST)

    @property
    def kinds(self) -> int:
        """Kinds of faults that were done."""
        return int(self.table("recovery")["fault"].nunique())

    def met(self, arm: str) -> int:
        """Faults that were done to an arm."""
        return int((self.table("recovery")["arm"] == arm).sum())

    @property
    def interval_ms(self) -> float:
        """Between two commits of the loop, under load and before a fault: it gathers a batch, works on it, and commits.

        The time for which it gathers where the rounds were too short for two. Three figures, as a reader would type it.
        """
        return _three(self._of_the_loop("interval", float(self.params.batch_ms)))

    @property
    def work_us(self) -> float:
        """What a message adds to its transaction beside its write, as the run had it: it waits longer than it is told to.

        Three figures, as a reader would type it.
        """
        size = self._of_the_loop("batch", 0.0)
        if not size:
            return float(self.params.work_us)
        return _three(max(0.0, 1e3 * (self._of_the_loop("open", 0.0) - self.fit.at(size)) / size))

    def _of_the_loop(self, name: str, default: float) -> float:
        found = (one.value for one in self.treatment.metrics if one.name == f"{ONCE}.{name}")
        return float(next(found, default))

    def share(self, interval_ms: float) -> float:
        """Of a processor's time that commits take, at one each `interval_ms`."""
        return min(1.0, self.fit.fixed / interval_ms)

    def cost(self, arm: str) -> pd.DataFrame:
        """Time of a batch by its size, ascending."""
        own = self.table("cost")
        return own[own["arm"] == arm].sort_values("size").reset_index(drop=True)


def _three(value: float) -> float:
    """The number in three significant figures."""
    return float(f"{value:.3g}")


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment)


def named(fault: str) -> str:
    """A kind of fault in words."""
    return dict(FAULTS).get(fault, fault)  # type: ignore[call-overload]
