"""The accountant: never over its limit, and a refusal leaves no trace."""

from __future__ import annotations

import threading
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.experiments.private_aggregates.mechanism.budget import Budget, BudgetExceededError, Cost, exact

LIMITS = st.integers(1, 3_000).map(lambda thousandths: thousandths / 1_000)
COSTS = st.lists(st.integers(1, 800).map(lambda thousandths: thousandths / 1_000), max_size=30)


def spend_all(budget: Budget, costs: list[float]) -> list[bool]:
    decisions = []
    for cost in costs:
        try:
            budget.spend("query", Cost(cost))
        except BudgetExceededError:
            decisions.append(False)
        else:
            decisions.append(True)
    return decisions


@given(LIMITS, COSTS)
def test_never_spends_more_than_its_limit(limit: float, costs: list[float]) -> None:
    budget = Budget(limit)
    spend_all(budget, costs)
    assert sum(exact(entry.cost.epsilon) for entry in budget.ledger) <= exact(limit)


@given(LIMITS, COSTS)
def test_admits_exactly_what_fits(limit: float, costs: list[float]) -> None:
    left, expected = round(limit * 1_000), []
    for cost in costs:
        expected.append(round(cost * 1_000) <= left)
        left -= round(cost * 1_000) if expected[-1] else 0
    budget = Budget(limit)
    assert spend_all(budget, costs) == expected
    assert round(budget.left * 1_000) == left


@given(LIMITS, COSTS, st.floats(0.001, 5))
def test_a_refusal_leaves_the_ledger_as_it_was(limit: float, costs: list[float], last: float) -> None:
    budget = Budget(limit)
    spend_all(budget, costs)
    ledger, left = budget.ledger, budget.left
    if exact(last) > exact(limit) - sum((exact(entry.cost.epsilon) for entry in ledger), Fraction(0)):
        with pytest.raises(BudgetExceededError, match="of the budget of"):
            budget.spend("one too many", Cost(last))
        assert (budget.ledger, budget.left) == (ledger, left)


def test_ten_times_a_tenth_is_one() -> None:
    budget = Budget(1.0)
    assert spend_all(budget, [0.1] * 11) == [True] * 10 + [False]


def test_delta_is_a_limit_of_its_own() -> None:
    budget = Budget(1.0, 1e-6)
    budget.spend("groups", Cost(0.1, 1e-6))
    with pytest.raises(BudgetExceededError):
        budget.spend("groups again", Cost(0.1, 1e-9))
    assert len(budget.ledger) == 1


def test_disjoint_parts_cost_as_much_as_the_dearest() -> None:
    budget = Budget(1.0)
    with budget.parallel("by region") as parts:
        parts.spend("north", Cost(0.2))
        parts.spend("north", Cost(0.2))
        parts.spend("south", Cost(0.3))
    assert budget.left == 0.6


def test_somebody_in_two_parts_pays_for_the_two_dearest() -> None:
    budget = Budget(1.0)
    with budget.parallel("by ward", parts_per_person=2) as parts:
        for ward, epsilon in (("a", 0.1), ("b", 0.2), ("c", 0.3)):
            parts.spend(ward, Cost(epsilon))
    assert budget.left == 0.5


def test_parts_that_do_not_fit_are_refused_together() -> None:
    budget = Budget(0.25)
    with pytest.raises(BudgetExceededError), budget.parallel("by region") as parts:
        parts.spend("north", Cost(0.2))
        parts.spend("south", Cost(0.3))
    assert budget.ledger == ()


def test_threads_can_not_overspend() -> None:
    budget = Budget(1.0)
    threads = [threading.Thread(target=spend_all, args=(budget, [0.01] * 50)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(budget.ledger) == 100 and budget.left == 0


@pytest.mark.parametrize(
    "epsilon, delta", [(0, 0), (-1, 0), (float("nan"), 0), (float("inf"), 0), (1, -1e-9), (1, 1)]
)
def test_costs_that_make_no_sense_are_refused(epsilon: float, delta: float) -> None:
    with pytest.raises(ValueError, match="a cost needs"):
        Cost(epsilon, delta)
