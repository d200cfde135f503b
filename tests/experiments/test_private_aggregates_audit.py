"""The audit, on mechanisms whose epsilon is known: right, sharp, and no false alarms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.experiments.private_aggregates.measure.audit import audit, coded, epsilon_bound, one_by_one

CERTAIN = 1 - 1e-7  # so that no test is red by chance


def laplace(epsilon: float, sensitivity: float, seed: int) -> Any:
    """Noise by an independent sampler; the data set is the true value, neighbours differ by 1."""
    random = np.random.default_rng(seed)
    return lambda value, n: value + random.laplace(0, sensitivity / epsilon, n)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.05, 4), st.integers(0, 10_000))
def test_the_bound_never_exceeds_a_true_claim(epsilon: float, seed: int) -> None:
    assert audit(laplace(epsilon, 1, seed), (0, 1), 4_000, confidence=CERTAIN).epsilon <= epsilon


@settings(max_examples=15, deadline=None)
@given(st.floats(0.3, 3), st.integers(0, 10_000))
def test_randomised_response_is_bounded_by_its_odds(epsilon: float, seed: int) -> None:
    random, truth = np.random.default_rng(seed), math.exp(epsilon) / (1 + math.exp(epsilon))

    def answer(bit: int, n: int) -> Any:
        return np.where(random.random(n) < truth, bit, 1 - bit)

    found = audit(answer, (0, 1), 20_000, confidence=CERTAIN)
    assert 0.5 * epsilon < found.epsilon <= epsilon


@pytest.mark.parametrize("epsilon", [0.5, 1.0, 2.0])
def test_half_the_noise_is_found_out(epsilon: float) -> None:
    assert audit(laplace(epsilon, 0.5, 1), (0, 1), 40_000, confidence=CERTAIN).epsilon > 1.5 * epsilon


def test_a_mechanism_that_tells_everything_is_as_bad_as_the_trials_can_show() -> None:
    found = audit(lambda data, n: [data] * n, (0, 1), 1_000)
    assert found.epsilon == found.reach > 4


def test_a_mechanism_that_tells_nothing_loses_nothing() -> None:
    assert audit(lambda data, n: [7] * n, (0, 1), 1_000).epsilon == 0


def test_a_vector_is_judged_by_the_entry_that_tells() -> None:
    random = np.random.default_rng(3)

    def histogram(data: int, n: int) -> Any:
        noisy = random.laplace(0, 1, (n, 6))
        noisy[:, 4] += data
        return noisy

    assert 0.6 < audit(histogram, (0, 1), 40_000, confidence=CERTAIN).epsilon <= 1


def test_delta_is_taken_off() -> None:
    # With chance 1/100 the data set itself is published: not epsilon-DP for any epsilon, but (0, 0.01)-DP.
    random = np.random.default_rng(4)

    def leaky(data: int, n: int) -> Any:
        return np.where(random.random(n) < 0.01, data, -1)

    assert audit(leaky, (0, 1), 20_000, confidence=CERTAIN).epsilon > 1
    assert audit(leaky, (0, 1), 20_000, confidence=CERTAIN, delta=0.02).epsilon == 0


def test_outputs_one_by_one_and_in_another_form() -> None:
    mechanism = coded(one_by_one(lambda data: {"secret": data}), lambda output: output["secret"])
    assert audit(mechanism, (0, 1), 200).epsilon > 2


def test_the_bound_on_counts() -> None:
    assert epsilon_bound((500, 500), 1_000, 0.95) == 0
    assert epsilon_bound((0, 0), 1_000, 0.95) == 0
    assert math.log(2) * 0.8 < epsilon_bound((50_000, 25_000), 100_000, 0.95) < math.log(2)


def test_too_few_outputs_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 100"):
        audit(lambda data, n: [0] * n, (0, 1), 10)


def test_outputs_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        audit(lambda data, n: [math.nan] * n, (0, 1), 100)


WRONG_OUTPUTS: dict[str, Any] = {
    "more than asked for": lambda data, n: np.zeros(10 * n),
    "fewer than asked for": lambda data, n: np.zeros(n // 4),
    "a single number": lambda data, n: 1.0,
    "rows for columns": lambda data, n: np.zeros((2, n)),
    "dicts": lambda data, n: [{"a": 1}] * n,
    "texts": lambda data, n: ["a"] * n,
    "nothing": lambda data, n: [None] * n,
    "numbers beyond a double": lambda data, n: [10**400] * n,
    "vectors of unequal length": lambda data, n: [[0.0] * (1 + place % 2) for place in range(n)],
    "another width for the other data set": lambda data, n: np.zeros((n, 1 + data)),
}


@pytest.mark.parametrize("name", WRONG_OUTPUTS)
def test_outputs_that_can_not_be_judged_are_refused_and_not_taken_for_privacy(name: str) -> None:
    with pytest.raises(ValueError, match=r"asked for|needs numbers|needs finite|for the other"):
        audit(WRONG_OUTPUTS[name], (0, 1), 400)


@pytest.mark.parametrize(
    "wrong", [{"confidence": 1.0}, {"confidence": 0}, {"confidence": 95}, {"delta": -1e-9}, {"delta": 1}]
)
def test_a_confidence_or_delta_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="confidence must lie"):
        audit(lambda data, n: [7] * n, (0, 1), 400, **wrong)
