"""Releases: right before noise, honest about sensitivity, noise where it belongs."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import ParameterError, ServiceError
from lab.evidence.params import parse
from lab.experiments.private_aggregates.mechanism import noise
from lab.experiments.private_aggregates.mechanism.bounding import Unit
from lab.experiments.private_aggregates.mechanism.budget import Budget, BudgetExceededError
from lab.experiments.private_aggregates.mechanism.prepare import prepare
from lab.experiments.private_aggregates.mechanism.queries import (
    Count,
    Grouped,
    Histogram,
    Mean,
    Quantile,
    Sum,
)
from lab.experiments.private_aggregates.mechanism.release import release
from lab.experiments.private_aggregates.mechanism.statistic import Additive, Selection, Thresholded
from lab.experiments.private_aggregates.oracle import theory
from lab.experiments.private_aggregates.params import Params
from lab.experiments.private_aggregates.workload import survey, variants
from lab.experiments.private_aggregates.workload.plan import questions

UNIT = Unit("person", rows=3, groups=2)
TABLE = pd.DataFrame(
    {
        "person": [1, 1, 2, 3, 3, 3, 4],
        "value": [1.0, 9.0, 4.0, 2.0, 2.0, 50.0, -3.0],
        "city": ["a", "b", "a", "a", "a", "c", "b"],
        "ill": [True, False, False, True, True, False, False],
    }
)
ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.floats(-20, 20), st.sampled_from("abc")), min_size=1, max_size=40
)
ADDITIVE = [
    (Count(), None),
    (Count(persons=True), None),
    (Sum("value", 0.5), (-5.0, 10.0)),
    (Mean("value", 0.5), (-5.0, 10.0)),
    (Histogram("value", (-5, 0, 5, 10)), None),
    (Grouped(Count(), "city", ("a", "b", "c")), None),
    (Grouped(Count(persons=True), "city", ("a", "b", "c")), None),
    (Grouped(Sum("value"), "city", ("a", "b")), (0.0, 10.0)),
]


def additive(table: pd.DataFrame, query: object, bounds: tuple[float, float] | None) -> Additive:
    ready = prepare(table, query, bounds, UNIT)  # type: ignore[arg-type]
    assert isinstance(ready, Additive)
    return ready


def test_answers_before_noise() -> None:
    assert additive(TABLE, Count(), None).answer == 7
    assert additive(TABLE, Count("ill"), None).answer == 3
    assert additive(TABLE, Count(persons=True), None).answer == 4
    assert additive(TABLE, Sum("value"), (0.0, 10.0)).answer == 1 + 9 + 4 + 2 + 2 + 10 + 0
    assert additive(TABLE, Mean("value", 0.5), (0.0, 10.0)).answer == 4
    assert additive(TABLE, Histogram("value", (0, 2, 5, 10)), None).answer.tolist() == [2, 3, 2]
    assert additive(TABLE, Grouped(Count(), "city", ("b", "a", "z")), None).answer.tolist() == [2, 4, 0]


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(0, 5), st.sampled_from(ADDITIVE))
def test_one_person_never_changes_more_than_the_sensitivity(
    rows: list[tuple[int, float, str]], gone: int, asked: tuple[object, tuple[float, float] | None]
) -> None:
    table = pd.DataFrame(rows, columns=["person", "value", "city"])
    there = additive(table, *asked)
    gone_too = additive(table[table["person"] != gone], *asked)
    for part, other in zip(there.parts, gone_too.parts, strict=True):
        assert np.abs(part.values - other.values).sum() <= part.sensitivity


@settings(max_examples=30, deadline=None)
@given(ROWS, st.integers(0, 5), st.sampled_from([0.1, 0.5, 0.9]))
def test_scores_of_a_quantile_move_by_no_more_than_their_sensitivity(
    rows: list[tuple[int, float, str]], gone: int, q: float
) -> None:
    table = pd.DataFrame(rows, columns=["person", "value", "city"])
    query, rest = Quantile("value", q, 0.5), table[table["person"] != gone]
    both = [prepare(frame, query, (-5.0, 10.0), UNIT) for frame in (table, rest)]
    assert isinstance(both[0], Selection) and isinstance(both[1], Selection)
    assert np.abs(both[0].scores - both[1].scores).max() <= both[0].sensitivity


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(ADDITIVE), st.floats(0.01, 20))
def test_opendp_charges_no_more_than_claimed(
    asked: tuple[object, tuple[float, float] | None], epsilon: float
) -> None:
    assert additive(TABLE, *asked).loss(epsilon) <= epsilon


@settings(max_examples=40, deadline=None)
@given(st.floats(0.05, 10), st.sampled_from([1e-3, 1e-6, 1e-9]), st.booleans())
def test_a_threshold_keeps_within_delta(epsilon: float, delta: float, persons: bool) -> None:
    ready = prepare(TABLE, Grouped(Count(persons=persons), "city"), None, UNIT, delta)
    assert isinstance(ready, Thresholded)
    loss, chance = ready.loss(epsilon)
    assert loss <= epsilon and chance <= delta


def test_a_lonely_key_stays_hidden_and_known_keys_are_all_there() -> None:
    unknown = release(TABLE, Grouped(Count(), "city"), 1.0, unit=UNIT, delta=1e-9)
    known = release(TABLE, Grouped(Count(), "city", ("a", "z")), 1.0, unit=UNIT)
    assert unknown.value == {} and set(known.value) == set(known.interval) == {"a", "z"}


def test_noise_has_the_distribution_that_theory_says() -> None:
    drawn = noise.discrete_laplace(np.array([5]), 3.0, 20_000)[:, 0] - 5
    other = theory.simulated_laplace(3.0, 20_000, seed=1)
    expected = theory.laplace_error(3.0, 1.0)
    for sample in (drawn, other):
        assert abs(np.abs(sample).mean() - expected.mean) < 6 * expected.sd / np.sqrt(20_000)


@pytest.mark.parametrize("scale", [0.3, 2.0, 50.0])
def test_the_published_interval_is_the_smallest_that_covers(scale: float) -> None:
    p, reach = np.exp(-1 / scale), noise.laplace_reach(scale, 0.95)

    def outside(w: int) -> float:
        return float(2 * p ** (w + 1) / (1 + p))

    assert outside(reach) <= 0.05 + 1e-12
    assert reach == 0 or outside(reach - 1) > 0.05


def test_a_budget_is_charged_once_and_a_faulty_query_costs_nothing() -> None:
    budget = Budget(1.0)
    release(TABLE, Count(), 0.6, unit=UNIT, budget=budget)
    with pytest.raises(ValueError, match="bounds"):
        release(TABLE, Sum("value"), 0.1, unit=UNIT, budget=budget)
    with pytest.raises(BudgetExceededError):
        release(TABLE, Count(), 0.6, unit=UNIT, budget=budget)
    assert [entry.cost.epsilon for entry in budget.ledger] == [0.6]


def test_the_controls_are_broken_as_they_say() -> None:
    half = variants.half_sensitivity(TABLE, Count(), None, UNIT, 0.0)
    loose = variants.unbounded_contributions(TABLE, Count(), None, UNIT, 0.0)
    assert isinstance(half, Additive) and half.parts[0].sensitivity == UNIT.rows / 2
    assert isinstance(loose, Additive) and loose.parts[0].sensitivity == 1
    assert variants.no_threshold(TABLE, Grouped(Count(), "city"), None, UNIT, 1e-9).release(20.0)[0]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Quantile("value", 1.5, 1),
        lambda: Histogram("value", (3, 1)),
        lambda: Grouped(Sum("value"), "city"),
        lambda: Grouped(Count(), "city", ("a", "a")),
        lambda: prepare(TABLE, Grouped(Count(), "city"), None, UNIT),
        lambda: prepare(TABLE, Mean("value"), (3.0, 1.0), UNIT),
    ],
)
def test_queries_that_make_no_sense_are_refused(make: object) -> None:
    with pytest.raises(ValueError):
        make()  # type: ignore[operator]


def test_the_plan_spends_the_budget_to_the_last_bit() -> None:
    for epsilon in (1.0, 0.3, 0.7, 2.5):
        params = parse(Params, {"epsilon": epsilon})
        budget = Budget(epsilon)
        for question in questions(params):
            release_cost = question.epsilon(params)
            budget.spend(question.name, release(TABLE, Count(), release_cost, unit=UNIT).spent)
        assert budget.left == 0


def test_a_missing_table_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("LAB_TOOLS", str(tmp_path))
    with pytest.raises(ServiceError, match="lab setup private_aggregates"):
        survey.survey()


def test_without_opendp_the_message_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opendp.prelude", None)
    noise._opendp.cache_clear()
    with pytest.raises(ServiceError, match="lab setup private_aggregates"):
        release(TABLE, Count(), 1.0)


def test_parameters_out_of_range_are_refused() -> None:
    for wrong in ({"rows": 6}, {"epsilons": [1.0, 0.1, 2.0]}, {"delta": 0.5}, {"epsilom": 1}):
        with pytest.raises(ParameterError):
            parse(Params, wrong)
