"""Figures of one run that pictures, model and summary share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.feature_store.criteria import LAST_WRITE
from lab.experiments.feature_store.judge.metrics import slug
from lab.experiments.feature_store.params import Params


def percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"


@dataclass(frozen=True)
class Findings:
    """One run, read by name."""

    params: Params
    treatment: Result
    controls: Mapping[str, Result]

    def value(self, *metric: str) -> float:
        return self.treatment.metric(slug(*metric)).value

    @property
    def arms(self) -> pd.DataFrame:
        """Of each stream job: delay, measured and predicted share."""
        return self.treatment.tables["arms"]

    @property
    def mismatch(self) -> float:
        """Of all lookups over HTTP, without any hold."""
        return float(self.treatment.observed["mismatch_live"].value)

    @property
    def delay_s(self) -> float:
        """Mean delay of the stream job as it is."""
        return float(self.arms["delay_s"].iloc[0])

    @property
    def disordered(self) -> int:
        """Entities that last write wins leaves with an older value."""
        control = self.controls[LAST_WRITE]
        return int(control.metric("entities_wrong_at_rest").value) - self.outlived

    @property
    def outlived(self) -> int:
        """Entities that EXPIRE, counted from the write, leaves with a value beyond its TTL."""
        return int(self.controls[LAST_WRITE].metric("entities_too_old").value)


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment, controls)
