"""Figures of one run that pictures, model and summary share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.data_catalog.judge.metrics import slug
from lab.experiments.data_catalog.judge.model import Growth, fitted, medians
from lab.experiments.data_catalog.params import KINDS, Params
from lab.experiments.data_catalog.workload.arms import LIKE, POSTGRES, SQLITE, TRIGRAMS, WHOLE_WORDS

ARMS = (SQLITE, POSTGRES, WHOLE_WORDS, TRIGRAMS, LIKE)


def percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f} %"


@dataclass(frozen=True)
class Findings:
    """One run, read by name."""

    params: Params
    treatment: Result
    controls: Mapping[str, Result]

    def value(self, metric: str) -> float:
        return self.treatment.metric(metric).value

    def of(self, measure: str, arm: str) -> float:
        """A measure of one arm over the common queries."""
        return self.value(slug(measure, arm))

    def found(self, kind: str, arm: str) -> float:
        """Share of one kind's queries with a relevant dataset in the first ten."""
        return self.value(slug("found", kind, arm))

    @cached_property
    def queries(self) -> pd.DataFrame:
        return self.treatment.tables["queries"]

    @cached_property
    def common(self) -> pd.DataFrame:
        return self.queries[self.queries["kind"].isin(KINDS)]

    def by_form(self, form: str, arm: str, measure: str = "success") -> float:
        """A measure of the common queries in one form."""
        chosen = self.common[(self.common["form"] == form) & (self.common["arm"] == arm)]
        return float(chosen[measure].mean())

    @cached_property
    def searches(self) -> pd.DataFrame:
        """Of each timed search and size the median time."""
        return medians(self.treatment.tables["times"])

    @cached_property
    def growth(self) -> Growth:
        return fitted(self.treatment.tables["times"], self.treatment.tables["words"])

    @property
    def overhead_ms(self) -> float:
        """What HTTP and JSON add to a search: median answer under load, less the median search."""
        own = self.searches[self.searches["factor"] == 1]
        return max(0.0, self.value(slug("p50", SQLITE)) - float(own["ms"].median()))

    @property
    def datasets(self) -> int:
        """Of this run's catalog."""
        return int(self.treatment.tables["words"]["datasets"].max())

    @cached_property
    def boosts(self) -> pd.DataFrame:
        """nDCG and age by boost."""
        return self.treatment.tables["boosts"].groupby("boost")[["ndcg", "age"]].mean()


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment, controls)
