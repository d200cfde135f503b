"""Figures of one run that pictures, model and summary share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.private_aggregates.judge.metrics import tried_name
from lab.experiments.private_aggregates.judge.model import SumModel
from lab.experiments.private_aggregates.params import Params
from lab.experiments.private_aggregates.workload.plan import questions


def percent(share: float, digits: int = 0) -> str:
    """A share as percent, with enough digits to be read if it is tiny."""
    if 0 < share < 1e-4:
        return f"{100 * share:.1e} %"
    return f"{100 * share:,.{digits}f} %"


@dataclass(frozen=True)
class Tried:
    """One piece of advice beside its neighbours. error: 95th percentile of the relative one; names: of the metrics."""

    table: pd.DataFrame

    @property
    def names(self) -> list[str]:
        return [tried_name(row) for _, row in self.table.iterrows()]

    @property
    def values(self) -> list[float]:
        return [float(value) for value in self.table["value"]]

    @property
    def errors(self) -> list[float]:
        return [float(error) for error in self.table["p95"]]

    @property
    def best(self) -> str:
        """The values that err least; those within a tenth of the least error are not told apart (our threshold)."""
        good = self.table[self.table["p95"] <= 1.1 * self.table["p95"].min()]
        return " or ".join(f"{value:g}" for value in good["value"])


@dataclass(frozen=True)
class Findings:
    """One run, read by name."""

    params: Params
    treatment: Result
    controls: Mapping[str, Result]

    @cached_property
    def audits(self) -> pd.DataFrame:
        """All audits, with the variant that they are of."""
        variants = {"as it should be": self.treatment, **self.controls}
        parts = [
            result.tables["audits"].assign(variant=name)
            for name, result in variants.items()
            if "audits" in result.tables
        ]
        return pd.concat(parts, ignore_index=True)

    @property
    def worst(self) -> pd.Series:
        """The statistic of the publication that errs most."""
        table = self.treatment.tables["utility"]
        return table.iloc[int(table["p95"].argmax())]

    def value(self, metric: str) -> float:
        return self.treatment.metric(metric).value

    def tried(self, advice: str, factor: float = 1.0) -> Tried:
        """What was run of one piece of advice, with `factor` times the people."""
        table = self.treatment.tables["tried"]
        return Tried(table[(table["advice"] == advice) & (table["factor"] == factor)])

    @cached_property
    def model(self) -> SumModel:
        return SumModel(
            self.value("noise_of_sum"), self.value("visits_per_person"), self.value("clipping_bias")
        )

    @property
    def people(self) -> float:
        return self.value("people")

    @property
    def sum_epsilon(self) -> float:
        return questions(self.params)[1].epsilon(self.params)

    @property
    def sum_share(self) -> float:
        return float(questions(self.params)[1].share)

    @property
    def smallest_group(self) -> float:
        """Rows from which a group is within the target in 95 % of the releases."""
        return self.tried("group size").values[1]

    @property
    def people_where_clipping_dominates(self) -> float:
        """People from whom on the clipping bias is more than the noise of 95 % of the releases; inf without bias."""
        model = self.model
        noise = math.log(20) * model.noise / (self.sum_epsilon * model.per_person)
        return noise / model.bias if model.bias > 1e-9 else math.inf


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment, controls)
