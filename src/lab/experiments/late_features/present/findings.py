"""What a run shows, in the few figures that its pictures, its model and its summary speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lab.evidence.fit import Line, line
from lab.evidence.frames import records
from lab.evidence.result import Result
from lab.experiments.late_features.criteria import TARGET
from lab.experiments.late_features.params import Params


@dataclass(frozen=True)
class Findings:
    """sweep: one row per watermark (see judge.tables)."""

    params: Params
    treatment: Result
    sweep: pd.DataFrame

    def table(self, name: str) -> pd.DataFrame:
        return self.treatment.tables[name]

    def value(self, metric: str) -> float:
        return self.treatment.metric(metric).value

    @property
    def rows(self) -> list[Any]:
        """The sweep, row by row, the shortest watermark first."""
        return list(records(self.sweep))

    @property
    def own(self) -> Any:
        """The chosen watermark."""
        return next(row for row in self.rows if row.minutes == self.params.watermark_minutes)

    @property
    def enough(self) -> Any | None:
        """The shortest watermark that was seen to reach the target; None if none did."""
        return next((row for row in self.rows if row.share >= TARGET), None)

    @property
    def coarse(self) -> Any:
        """The shortest watermark in larger batches."""
        return next(records(self.table("larger_batches")))

    @property
    def batch_minutes(self) -> float:
        """Of arrivals in a batch, the median: what a batch's number of events is as a trigger's interval."""
        table = self.table("state")
        own = table[table["watermark"] == f"{self.params.watermark_minutes} min"]
        return float(own["hours"].diff().median()) * 60

    @property
    def state(self) -> Line:
        """Mean rows of state against the watermark in minutes, all but the longest."""
        return line(self.sweep["minutes"].iloc[:-1], self.sweep["rows"].iloc[:-1])

    @property
    def late(self) -> int:
        """Events that came after their window's end was seen."""
        return int(self.own.late)

    @property
    def off(self) -> float:
        """By how much F(d) misses at the watermark where it misses most, as a share of the events."""
        return float((self.sweep["share"] - self.sweep["within"]).abs().max())


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment, treatment.tables["watermarks"])
