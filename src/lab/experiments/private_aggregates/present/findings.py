"""Figures of one run that pictures, law and summary share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.private_aggregates.params import Params
from lab.experiments.private_aggregates.workload.plan import questions

TARGET = 0.05  # relative error that is aimed at, in 95 % of the releases
_LN20 = math.log(20)  # the 95th percentile of |Laplace|, in units of its scale


def percent(share: float, digits: int = 0) -> str:
    """A share as percent, with enough digits to be read if it is tiny."""
    if 0 < share < 1e-4:
        return f"{100 * share:.1e} %"
    return f"{100 * share:,.{digits}f} %"


@dataclass(frozen=True)
class Findings:
    """One run, read by name."""

    params: Params
    treatment: Result
    controls: Mapping[str, Result]

    @property
    def mae(self) -> pd.DataFrame:
        return self.treatment.tables["mae"]

    @property
    def groups(self) -> pd.DataFrame:
        return self.treatment.tables["groups"]

    @cached_property
    def audits(self) -> pd.DataFrame:
        """All audits, with the arm that they are of."""
        arms = {"as it should be": self.treatment, **self.controls}
        parts = [
            result.tables["audits"].assign(arm=name)
            for name, result in arms.items()
            if "audits" in result.tables
        ]
        return pd.concat(parts, ignore_index=True)

    def utility(self, statistic: str) -> pd.Series:
        table = self.treatment.tables["utility"]
        return table[table["statistic"] == statistic].iloc[0]

    def value(self, metric: str) -> float:
        return self.treatment.metric(metric).value

    @cached_property
    def noise_constant(self) -> float:
        """Measured mean absolute error of the sum times epsilon: the sensitivity, if theory holds."""
        rows = self.mae[self.mae["statistic"] == "sum"]
        return float((rows["mae"] * rows["epsilon"]).mean())

    @property
    def people(self) -> float:
        return self.value("people")

    @property
    def visits_per_person(self) -> float:
        return self.value("visits_per_person")

    @property
    def sum_epsilon(self) -> float:
        return questions(self.params)[1].epsilon(self.params)

    @property
    def sum_share(self) -> float:
        return float(questions(self.params)[1].share)

    @property
    def group_epsilon(self) -> float:
        return float(self.groups["epsilon"].iloc[0])

    @property
    def bias(self) -> float:
        """What clipping takes from the sum, as a share of it; no epsilon and no size changes it."""
        return float(self.utility("sum")["without_noise"])

    def relative_mae(self, people: float, epsilon: float) -> float:
        """The law: mean relative error of the sum."""
        return self.noise_constant / (epsilon * people * self.visits_per_person)

    def epsilon_for_target(self, people: float) -> float:
        """Epsilon that the sum needs to stay within TARGET in 95 % of the releases; inf if clipping takes it all."""
        room = TARGET - self.bias
        if room <= 0:
            return math.inf
        return _LN20 * self.noise_constant / (room * people * self.visits_per_person)

    @property
    def people_for_target(self) -> float:
        """People from whom on the planned epsilon keeps the sum within TARGET."""
        return self.people * self.epsilon_for_target(self.people) / self.sum_epsilon

    @property
    def people_where_clipping_dominates(self) -> float:
        """People from whom on clipping costs the sum more than noise does."""
        return self.people * self.relative_mae(self.people, self.sum_epsilon) / max(self.bias, 1e-9)

    @property
    def smallest_group(self) -> float:
        """Rows that a group needs to be within TARGET in 95 % of the releases, at any size of the table."""
        mae = float(self.groups["mae"].mean())
        return _LN20 * mae / TARGET


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment.of(Params), treatment, controls)
