"""What figures, model and summary share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.evidence.result import Result
from lab.experiments.model_drift.params import Params
from lab.experiments.model_drift.workload.arms import CORRECTED, KS, LABELS, UNCORRECTED

RULE_NAMES = (KS.name, CORRECTED.name, LABELS)


@dataclass(frozen=True)
class Findings:
    params: Params
    treatment: Result
    controls: Mapping[str, Result]

    def table(self, name: str) -> pd.DataFrame:
        return self.treatment.tables[name]

    def value(self, name: str) -> float:
        return self.treatment.metric(name).value

    def detected(self, kind: str, dose: float, rule: str) -> float:
        """Share of series in which a rule alarmed."""
        return float(self._row(kind, dose, rule)["detected"])

    def rows(self, kind: str, dose: float, rule: str) -> float:
        """Median rows until it did; infinite where more than half of the series never alarmed."""
        return float(self._row(kind, dose, rule)["rows"])

    def _row(self, kind: str, dose: float, rule: str) -> pd.Series:
        found = self.table("detection")
        return found[(found["kind"] == kind) & (found["dose"] == dose) & (found["rule"] == rule)].iloc[0]

    def seconds(self, model: str, column: str) -> float:
        """A moment of the served models, s from drift."""
        live = self.table("live")
        return float(live.loc[live["model"] == model, column].iloc[0])

    def losses(self, model: str) -> pd.Series:
        table = self.table("performance")
        return table[table["model"] == model].iloc[0]

    def by_series(self, rule: str) -> float:
        """False alarms of whole series."""
        alarms = self.table("alarms")
        return float(alarms[alarms["rule"] == rule]["share"].iloc[-1])

    @property
    def corrected(self) -> float:
        return self.by_series(CORRECTED.name)

    @property
    def corrected_at_most(self) -> float:
        """Upper end of its interval: a few alarms in some hundred series."""
        return (self.treatment.metric("corrected_any_series").interval or (0.0, 1.0))[1]

    @property
    def uncorrected(self) -> float:
        return self.by_series(UNCORRECTED.name)

    @property
    def slowest(self) -> float:
        """Longest time from drift to the webhook that was due, s."""
        return float(np.nanmax(self.table("live")["alert_s"]))


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment, controls)


def told(rows: float) -> str:
    """A number of rows in words."""
    return f"{rows:,.0f} rows" if np.isfinite(rows) else "not within the series"
