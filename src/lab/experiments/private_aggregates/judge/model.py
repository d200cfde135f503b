"""The model of the sum's error: noise that does not know the size of the table, beside a bias that grows with it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from lab.experiments.private_aggregates.measure.advice import COPIES
from lab.experiments.private_aggregates.measure.seen import Sizes
from lab.experiments.private_aggregates.oracle import theory
from lab.experiments.private_aggregates.params import Params
from lab.experiments.private_aggregates.workload.plan import questions


@dataclass(frozen=True)
class SumModel:
    """noise: measured mean absolute error times epsilon; per_person: true visits; bias: share lost by clipping."""

    noise: float
    per_person: float
    bias: float

    def p95(self, people: float, epsilon: float) -> float:
        """95th percentile of the relative error."""
        return theory.shifted_p95(self.noise / (epsilon * people * self.per_person), self.bias)

    def epsilon(self, people: float, target: float) -> float:
        """What the sum needs to stay within `target`; inf if clipping takes it all."""
        return theory.epsilon_for(target, self.noise / (people * self.per_person), self.bias)


def sum_model(errors: pd.DataFrame, sizes: Sizes) -> SumModel:
    """Fitted to the whole table, and to nothing larger or smaller."""
    own = errors[errors["statistic"] == "sum"]
    noise = float((own["mae"] * own["epsilon"]).mean())
    return SumModel(noise, sizes.visits / sizes.people, 1 - sizes.clipped_visits / sizes.visits)


def sum_of_ten_copies(params: Params, sizes: Sizes, errors: pd.DataFrame) -> tuple[float, float]:
    """(predicted, measured) 95th percentile of the sum's relative error at the planned epsilon."""
    epsilon, tried = questions(params)[1].epsilon(params), sizes.tried
    at = (tried["advice"] == "bound on visits") & (tried["factor"] == COPIES)
    measured = tried[at & (tried["value"] == params.visits_bound)]["p95"].iloc[0]
    return sum_model(errors, sizes).p95(COPIES * sizes.people, epsilon), float(measured)
