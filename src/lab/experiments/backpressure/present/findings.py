"""What figures, model and summary share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lab.evidence.result import Result
from lab.experiments.backpressure.judge.metrics import slug
from lab.experiments.backpressure.params import Params
from lab.experiments.backpressure.workload import BOTH, CLIENTS, NONE, SERVER


@dataclass(frozen=True)
class Findings:
    params: Params
    treatment: Result

    def table(self, name: str) -> pd.DataFrame:
        return self.treatment.tables[name]

    def value(self, name: str) -> float:
        return self.treatment.metric(name).value

    def arm(self, name: str) -> Any:
        """A row of the arms; see judge/tables.py."""
        table = self.table("arms")
        return table[table["arm"] == name].iloc[0]

    @property
    def names(self) -> list[str]:
        """Arms that were run, in the order in which they are shown."""
        there = set(self.table("arms")["arm"])
        return [arm.name for arm in (BOTH, SERVER, CLIENTS, NONE) if arm.name in there]

    @property
    def both(self) -> Any:
        return self.arm(BOTH.name)

    @property
    def none(self) -> Any:
        return self.arm(NONE.name)

    @property
    def work_left_s(self) -> float:
        """Of the unprotected arm's queue at the end of the burst, s of the sink's work."""
        return float(self.none["backlog"] / self.none["capacity"])

    @property
    def rho(self) -> float:
        """Load of the burst, of what the sink can do."""
        return float(self.both["offered"] / self.both["capacity"])

    def kept(self, where: str) -> Any:
        """A row of the kills."""
        table = self.table("kills")
        return table[table["kept"] == where].iloc[0]

    def measured(self, key: str, arm: str) -> tuple[str, ...]:
        """Name of a metric, if the run has it."""
        name = f"{key}_{slug(arm)}"
        return (name,) if any(metric.name == name for metric in self.treatment.metrics) else ()


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment)


def seconds(value: float) -> str:
    """A time to recover in words: it ends with a window, within which recovery may have come sooner."""
    if not np.isfinite(value):
        return "not within the run"
    return f"{'at most ' if value else ''}{value:.3g} s"
