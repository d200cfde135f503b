"""Figures of one run that pictures, model and summary share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.storage_cost.judge.metrics import slug
from lab.experiments.storage_cost.mechanism import Prices, load
from lab.experiments.storage_cost.params import Params
from lab.experiments.storage_cost.workload.arms import TIERING

BASIS = "S3's list prices and published times stand in for an invoice; sizes are drawn; reads are those of MovieLens"


def percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f} %"


def duration(seconds: float) -> str:
    """A wait in words."""
    return f"{seconds / 3600:g} hours" if seconds >= 3600 else f"{seconds:g} s"


@dataclass(frozen=True)
class Findings:
    """One run, read by name."""

    params: Params
    treatment: Result
    controls: Mapping[str, Result]

    @property
    def prices(self) -> Prices:
        return load(self.params.prices) if self.params.prices else load()

    @property
    def policies(self) -> pd.DataFrame:
        """One row a policy, by its name."""
        return self.treatment.tables["policies"].set_index("policy")

    @property
    def chosen(self) -> str:
        return str(self.treatment.tables["roles"].set_index("role").loc["chosen", "policy"])

    @property
    def rule(self) -> str:
        return str(self.treatment.tables["roles"].set_index("role").loc["rule", "policy"])

    def of(self, policy: str) -> Any:
        return self.policies.loc[policy]

    def tuned(self, policy: str) -> Any:
        """The same on CDNOW."""
        return self.treatment.tables["tuning"].set_index("policy").loc[policy]

    def best(self, kind: str = "", waiting: bool = False) -> pd.Series:
        """The cheapest candidate on MovieLens, of a kind; within the acceptable wait unless `waiting`."""
        table = self.treatment.tables["test"]
        table = table[table["kind"] == kind] if kind else table
        quick = table if waiting else table[table["longest_wait"] <= self.params.max_wait_s]
        return (quick if len(quick) else table).sort_values("usd").iloc[0]

    @property
    def tiering(self) -> pd.Series | None:
        return self.of(TIERING) if TIERING in self.policies.index else None

    def value(self, metric: str) -> float:
        return self.treatment.metric(metric).value

    def sensitivity(self, what: str) -> Any:
        return self.treatment.tables["sensitivity"].set_index("what").loc[what]

    @property
    def refetched(self) -> float:
        """The chosen policy's saving if what goes back up is fetched once more."""
        return float(self.sensitivity("going back up")["saving_low"])

    @property
    def heated(self) -> pd.DataFrame:
        """The policies on the trace that re-heats."""
        return self.controls["re-heating trace"].tables["policies"]

    def hot_month(self, gb: float, objects: float) -> float:
        """Dollars a month of all hot, by the law."""
        return self.value("a_hot") * gb + self.value("b_hot") * objects

    def billed_month(self, gb: float, factor: int) -> tuple[float, float]:
        """Dollars a month of all hot and of the chosen policy, as billed with objects that are `factor` times smaller."""
        return gb * self.value(f"billed_hot_{factor}"), gb * self.value(f"billed_chosen_{factor}")

    def chosen_month(self, gb: float, objects: float, factor: int) -> float:
        """Dollars a month of the chosen policy, by the law, with objects that are `factor` times smaller than in the run."""
        of_bytes, of_objects = (self.value(f"{what}_moved_{factor}") for what in ("bytes", "objects"))
        small = self.hot_month(gb * (1 - of_bytes), objects * (1 - of_objects))
        return small + self.value("a_chosen") * gb * of_bytes + self.value("b_chosen") * objects * of_objects


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment, controls)


def named(what: str, policy: str) -> str:
    """The metric of that kind of a policy."""
    return f"{what}_{slug(policy)}"
