"""What figures, model and summary share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.evidence.result import Result
from lab.experiments.observability.judge.metrics import SHORT
from lab.experiments.observability.params import Params


@dataclass(frozen=True)
class Findings:
    params: Params
    treatment: Result
    controls: Mapping[str, Result]

    def table(self, name: str) -> pd.DataFrame:
        return self.treatment.tables[name].copy()

    def value(self, name: str) -> float:
        return self.treatment.metric(name).value

    def of(self, what: str, arm: str, stream: str = "test") -> float:
        """A metric of an arm by its name: precision, recall, false, delay_min."""
        return self.value(f"{what}_{SHORT[arm]}" + ("" if stream == "test" else "_rare"))

    def false(self, arm: str) -> float:
        """An arm's false alerts per pipeline and week, on both streams together."""
        return self.value(f"false_{SHORT[arm]}_both")

    def false_interval(self, arm: str) -> tuple[float, float]:
        return self.treatment.metric(f"false_{SHORT[arm]}_both").interval or (float("nan"), float("nan"))

    @property
    def attended(self) -> pd.DataFrame:
        live = self.table("live")
        return live[live["attended"]]

    @property
    def alone(self) -> pd.Series:
        """The live pipeline whose alerts nobody acts on."""
        live = self.table("live")
        return live[~live["attended"]].iloc[0]


def within(values: pd.Series, digits: int = 1) -> str:
    """The largest of some values, rounded up, so that none lies beyond what is told."""
    scale = 10**digits
    return f"{np.ceil(round(float(values.max()) * scale, 6)) / scale:,.{digits}f}"


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment, controls)
