"""What a run shows, in the few figures that its pictures, its model and its summary speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.sliding_windows.criteria import NO_DEDUPLICATION, NO_LATENESS
from lab.experiments.sliding_windows.judge.price import state_rows
from lab.experiments.sliding_windows.params import HOUR_S, Params
from lab.experiments.sliding_windows.workload.arms import NAMES

SHORT, MIDDLE, LONG = NAMES.values()


@dataclass(frozen=True)
class Findings:
    """The treatment's tables (see `judge`), by query and by slide."""

    params: Params
    treatment: Result
    queries: pd.DataFrame
    lateness: pd.DataFrame
    state: pd.DataFrame
    latency: pd.DataFrame
    prices: pd.DataFrame

    def query(self, name: str) -> Any:
        """One row of `queries`."""
        return self.queries[self.queries["query"] == name].iloc[0]

    def value(self, name: str) -> float:
        """A metric of the treatment."""
        return float(self.treatment.metric(name).value)

    @property
    def own(self) -> pd.DataFrame:
        """The treatment's rows of `queries`."""
        return self.queries[~self.queries["query"].isin([NO_DEDUPLICATION, NO_LATENESS])]

    @property
    def accuracy(self) -> float:
        """Of the treatment's worst query, %."""
        return float(self.own["accuracy"].min())

    @property
    def smallest(self) -> Any:
        """The smallest slide's row of `prices`."""
        return self.prices.iloc[-1]

    @property
    def beside(self) -> Any:
        """The next larger slide's."""
        return self.prices.iloc[-2]

    def times(self, column: str) -> float:
        """How much more the smallest slide costs than the next larger one."""
        return float(self.smallest[column] / self.beside[column])

    @property
    def seconds_by_slide(self) -> bool:
        """Whether a batch took longer with each smaller slide; where it did not, noise was larger than the price."""
        return bool(self.prices["seconds"].is_monotonic_increasing)

    @property
    def live_held_s(self) -> float:
        """Event time that a stream at its own pace holds: the allowed lateness and two batches, not hours as in time lapse."""
        return self.params.max_delay_s + 2 * self.params.trigger_s

    @property
    def columns(self) -> list[str]:
        """Of the projection: rows by the wider slide and by the smallest, and the memory of these. What is held is named:
        this run's own rows, of a time lapse, are others."""
        held = f"{self.live_held_s / 60:.3g} min held"
        wide, narrow = slide(self.beside.slide_s), slide(self.smallest.slide_s)
        return [
            f"rows, 1 h by {wide}, {held}",
            f"rows, 1 h by {narrow}, {held}",
            f"windows by {narrow}, GiB",
        ]

    def rows(self, users: float, slide_s: float) -> float:
        """State rows of windows of 1 h on such a stream."""
        return state_rows(users, self.live_held_s, slide_s)

    @property
    def bytes_each(self) -> float:
        """Memory of one window's row, bytes, at the smallest slide; as Spark reports it, with the versions that it keeps.

        Without the ids: they go with the events, and a wide slide has as many of them for fewer windows.
        """
        return float(self.smallest["windows_mib"]) * 2**20 / float(self.smallest["state_rows"])


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    tables = treatment.tables
    return Findings(
        treatment.of(Params),
        treatment,
        *(tables[name] for name in ("queries", "lateness", "state", "latency", "prices")),
    )


def slide(seconds: float) -> str:
    """5 min, 1 h or 30 s."""
    for size, unit in ((HOUR_S, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
