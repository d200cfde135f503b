"""The accountant at work: the publication, the query too many, and thousands of random decisions."""

from __future__ import annotations

import random

import pandas as pd

from lab.evidence.criteria import Observation
from lab.experiments.private_aggregates import oracle, plan
from lab.experiments.private_aggregates.arm import Arm, Seen
from lab.experiments.private_aggregates.budget import Budget, BudgetExceededError, Cost
from lab.experiments.private_aggregates.release import release

_SEQUENCES, _REQUESTS = 200, 25


def publication(arm: Arm) -> Seen:
    """Publish the six statistics from one budget, ask for one more, and put the accountant to the test."""
    params = arm.params
    budget, rows = Budget(params.epsilon), []
    for question in (*plan.questions(params), plan.questions(params)[0]):
        epsilon = question.epsilon(params)
        admitted, value = _ask(arm, question, epsilon, budget)
        rows.append(
            {
                "release": question.name if admitted else f"{question.name}, again",
                "epsilon": epsilon,
                "admitted": admitted,
                "spent": params.epsilon - budget.left,
                "answer": value,
            }
        )
    table = pd.DataFrame(rows)
    # The six fill the budget to the last bit, though 0.1 + 0.35 + ... does not add up to 1 in doubles.
    wrong = int((table["admitted"] != [True] * 6 + [False]).sum()) + (len(budget.ledger) != 6)
    wrong += sum(_wrong_decisions(params.seed + sequence) for sequence in range(_SEQUENCES))
    detail = (
        f"of {len(rows) + _SEQUENCES * _REQUESTS:,}; after {table['spent'].iloc[-1]:g} of "
        f"{params.epsilon:g} the {table['release'].iloc[-1]} was refused"
    )
    return Seen({"budget_refuses": Observation(wrong, detail)}, tables={"ledger": table})


def _ask(arm: Arm, question: plan.Question, epsilon: float, budget: Budget) -> tuple[bool, str]:
    before = budget.ledger
    try:
        given = release(
            arm.table,
            question.query,
            epsilon,
            question.bounds,
            unit=plan.unit(arm.params),
            budget=budget,
            prepare=arm.mechanism,
        )
    except BudgetExceededError:
        assert budget.ledger == before  # a refusal that leaves a trace is a fault, not a result
        return False, "refused"
    return True, _short(given.value)


def _short(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {count:,.0f}" for key, count in value.items())
    return f"{value:,.2f}".removesuffix(".00")


def _wrong_decisions(seed: int) -> int:
    """A random sequence of requests in thousandths of epsilon, decided by us and by integers."""
    chance = random.Random(seed)
    limit = chance.randint(1, 3_000)
    costs = [chance.randint(1, max(1, limit // 8)) for _ in range(_REQUESTS)]
    budget = Budget(limit / 1_000)
    decisions = [_admits(budget, cost / 1_000) for cost in costs]
    kept = sum(cost for cost, fits in zip(costs, decisions, strict=True) if fits)
    traces = len(budget.ledger) != sum(decisions) or round((limit / 1_000 - budget.left) * 1_000) != kept
    asked = oracle.admitted(limit, costs)
    return sum(a != b for a, b in zip(decisions, asked, strict=True)) + traces


def _admits(budget: Budget, epsilon: float) -> bool:
    try:
        budget.spend("random", Cost(epsilon))
    except BudgetExceededError:
        return False
    return True
