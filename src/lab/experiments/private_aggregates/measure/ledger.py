"""The accountant at work: the publication, the query too many, and thousands of random decisions."""

from __future__ import annotations

import random

import pandas as pd

from lab.experiments.private_aggregates.measure.seen import Ledger, Requests
from lab.experiments.private_aggregates.mechanism.budget import Budget, BudgetExceededError, Cost
from lab.experiments.private_aggregates.mechanism.release import release
from lab.experiments.private_aggregates.workload import plan
from lab.experiments.private_aggregates.workload.variants import Variant

_SEQUENCES, _REQUESTS = 200, 25


def publication(variant: Variant) -> Ledger:
    """Publish the six statistics from one budget, ask for one more, and try accountants with random requests."""
    params = variant.params
    budget, rows = Budget(params.epsilon), []
    for question in (*plan.questions(params), plan.questions(params)[0]):
        epsilon = question.epsilon(params)
        admitted, value = _ask(variant, question, epsilon, budget)
        rows.append(
            {
                "release": question.name if admitted else f"{question.name}, again",
                "epsilon": epsilon,
                "admitted": admitted,
                "spent": params.epsilon - budget.left,
                "answer": value,
            }
        )
    requests = [_requests(params.seed + sequence) for sequence in range(_SEQUENCES)]
    return Ledger(pd.DataFrame(rows), len(budget.ledger), requests)


def _ask(variant: Variant, question: plan.Question, epsilon: float, budget: Budget) -> tuple[bool, str]:
    before = budget.ledger
    try:
        given = release(
            variant.table,
            question.query,
            epsilon,
            question.bounds,
            unit=plan.unit(variant.params),
            budget=budget,
            prepare=variant.mechanism,
        )
    except BudgetExceededError:
        assert budget.ledger == before  # a refusal that leaves a trace is a fault, not a result
        return False, "refused"
    return True, _short(given.value)


def _short(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {count:,.0f}" for key, count in value.items())
    return f"{value:,.2f}".removesuffix(".00")


def _requests(seed: int) -> Requests:
    """A random sequence of requests in thousandths of epsilon."""
    chance = random.Random(seed)
    limit = chance.randint(1, 3_000)
    costs = [chance.randint(1, max(1, limit // 8)) for _ in range(_REQUESTS)]
    budget = Budget(limit / 1_000)
    admitted = [_admits(budget, cost / 1_000) for cost in costs]
    spent = round((limit / 1_000 - budget.left) * 1_000)
    return Requests(limit, costs, admitted, spent, len(budget.ledger))


def _admits(budget: Budget, epsilon: float) -> bool:
    try:
        budget.spend("random", Cost(epsilon))
    except BudgetExceededError:
        return False
    return True
