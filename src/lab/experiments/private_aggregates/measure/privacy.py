"""Audits of every statistic at every claimed epsilon, and OpenDP's own account beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from lab.experiments.private_aggregates.criteria import FALSE_ALARM
from lab.experiments.private_aggregates.measure.audit import Audit, Mechanism, audit, coded
from lab.experiments.private_aggregates.mechanism import noise
from lab.experiments.private_aggregates.mechanism.statistic import Statistic
from lab.experiments.private_aggregates.workload import attack, plan
from lab.experiments.private_aggregates.workload.survey import with_extreme_person
from lab.experiments.private_aggregates.workload.variants import Variant

# Audits of outputs that are dear to draw make do with this share of the releases.
_SHARE = {
    "mean": 0.5,
    "histogram": 0.25,
    "grouped": 0.25,
    "quantile": 0.06,
    "unknown groups": 0.06,
    "double": 0.15,
}
EXTREME_ROWS = 8  # more than anybody may have, so that the row limit is put to the test


@dataclass(frozen=True)
class Case:
    """One thing to audit at each epsilon."""

    name: str
    neighbours: tuple[Any, Any]
    delta: float = 0.0

    def mechanism(self, epsilon: float) -> Mechanism:
        raise NotImplementedError


@dataclass(frozen=True)
class StatisticCase(Case):
    """A statistic of the table, prepared once for each neighbour: that part is deterministic."""

    def mechanism(self, epsilon: float) -> Mechanism:
        def draw(ready: Statistic, n: int) -> Any:
            return ready.draw(epsilon, n)

        if self.name != "unknown groups":
            return draw
        # The two groups that the extreme person is in: published counts, or -1 where there is none.
        return coded(draw, lambda published: [published.get(days, -1) for days in (0, 1)])


@dataclass(frozen=True)
class DoubleCase(Case):
    """OpenDP's Laplace noise on a double, seen by the attacker of workload/attack.py."""

    def mechanism(self, epsilon: float) -> Mechanism:
        first, second = self.neighbours
        scale = noise.laplace_scale(abs(second - first), epsilon)

        def draw(value: float, n: int) -> Any:
            return attack.identify(noise.float_laplace(value, scale, n), first, second, scale)

        return draw


def cases(variant: Variant, names: tuple[str, ...] = ()) -> list[Case]:
    """The planned statistics with and without an extreme person; those called `names`, or all."""
    params = variant.params
    beside = with_extreme_person(variant.table, EXTREME_ROWS, params.visits_bound, params.income_bound)
    found: list[Case] = [
        StatisticCase(
            question.name,
            (
                variant.ready(question.query, question.bounds),
                variant.ready(question.query, question.bounds, beside),
            ),
        )
        for question in plan.questions(params)
        if not names or question.name in names
    ]
    if names:
        return found
    query, delta = plan.unknown_groups(), params.delta
    pair = variant.ready(query, delta=delta), variant.ready(query, table=beside, delta=delta)
    return [*found, StatisticCase("unknown groups", pair, delta), DoubleCase("double", (0.0, 1.0))]


def audits(variant: Variant, names: tuple[str, ...] = ()) -> pd.DataFrame:
    """Lower bounds on epsilon for each case at each claimed epsilon; jointly right with 99.9 %."""
    chosen = cases(variant, names)
    confidence = 1 - FALSE_ALARM / (len(chosen) * len(variant.params.audited))
    return pd.DataFrame(
        _row(case, epsilon, _audit(variant, case, epsilon, confidence))
        for case in chosen
        for epsilon in variant.params.audited
    )


def _audit(variant: Variant, case: Case, epsilon: float, confidence: float) -> Audit:
    n = max(1_000, int(variant.params.audit_draws * _SHARE.get(case.name, 1.0)))
    mechanism = case.mechanism(epsilon)
    return audit(mechanism, case.neighbours, n, confidence=confidence, delta=case.delta)


def _row(case: Case, epsilon: float, found: Audit) -> dict[str, Any]:
    return {
        "statistic": case.name,
        "claimed": epsilon,
        "bound": found.epsilon,
        "ratio": found.epsilon / epsilon,
        "hits": found.hits[0],
        "hits_neighbour": found.hits[1],
        "trials": found.trials,
        "reach": found.reach,
    }


def account(variant: Variant) -> dict[tuple[str, float], float]:
    """What OpenDP says each planned release costs, as a share of what is entered in the ledger."""
    params = variant.params
    ratios = {}
    for question in plan.questions(params):
        ready = variant.ready(question.query, question.bounds)
        for epsilon in (question.epsilon(params), *params.epsilons):
            ratios[question.name, epsilon] = ready.loss(epsilon) / epsilon
    groups = variant.ready(plan.unknown_groups(), delta=params.delta)
    for epsilon in params.epsilons:
        loss, chance = groups.loss(epsilon)
        ratios["unknown groups", epsilon] = max(loss / epsilon, chance / params.delta)
    return ratios
