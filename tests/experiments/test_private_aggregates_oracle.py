"""Theory against simulation and against published special cases; the attack; the accounts."""

from __future__ import annotations

import math

import numpy as np
import opendp.prelude as dp
import pytest

from lab.experiments.private_aggregates.mechanism import noise
from lab.experiments.private_aggregates.oracle import theory
from lab.experiments.private_aggregates.oracle.recomputation import admitted
from lab.experiments.private_aggregates.present import model
from lab.experiments.private_aggregates.workload import attack


@pytest.mark.parametrize("sensitivity, epsilon", [(1, 1.0), (5, 10.0), (300, 0.35)])
def test_laplace_error_against_simulation(sensitivity: float, epsilon: float) -> None:
    sample = np.abs(theory.simulated_laplace(sensitivity / epsilon, 200_000, seed=2))
    expected = theory.laplace_error(sensitivity, epsilon)
    assert abs(sample.mean() - expected.mean) < 5 * expected.sd / math.sqrt(200_000)
    assert sample.std() == pytest.approx(expected.sd, rel=0.05)


def test_discrete_noise_tends_to_sensitivity_over_epsilon() -> None:
    assert theory.laplace_error(1000, 0.1).mean == pytest.approx(10_000, rel=1e-6)


def test_the_means_error_against_simulation() -> None:
    rows, above, half, k, epsilon = 400, -900.0, 7.5, 2, 0.5
    random = np.random.default_rng(5)
    z = random.laplace(0, k * half / (epsilon / 2), 200_000)
    count = np.maximum(rows + theory.simulated_laplace(k / (epsilon / 2), 200_000, seed=6), 1)
    errors = np.abs((above + z) / count - above / rows)
    expected = theory.mean_error(above, rows, half, k, epsilon)
    assert abs(errors.mean() - expected.mean) < 5 * expected.sd / math.sqrt(200_000)


def test_permute_and_flip_against_exponential_noise() -> None:
    utilities = np.array([-3.0, 0.0, -0.5, -8.0, -0.5])
    noisy = utilities + np.random.default_rng(7).exponential(1, (200_000, 5))
    seen = np.bincount(noisy.argmax(axis=1), minlength=5) / 200_000
    chance = theory.permute_and_flip(utilities)
    assert chance.sum() == pytest.approx(1)
    assert np.abs(seen - chance).max() < 0.006


def test_two_candidates_by_hand() -> None:
    # P(the worse of two) = exp(-a) / 2 (McKenna and Sheldon 2020, for gap a).
    assert theory.permute_and_flip(np.array([0.0, -1.0]))[1] == pytest.approx(math.exp(-1) / 2)


def test_rank_errors_of_a_list_with_ties() -> None:
    values, candidates = np.array([1.0, 2, 2, 2, 5]), np.array([0.0, 1, 2, 3, 9])
    assert theory.rank_errors(values, candidates, 0.5).tolist() == [2.5, 1.5, 0, 1.5, 2.5]


def test_the_accountants_oracle() -> None:
    assert admitted(10, [4, 7, 6, 1]) == [True, False, True, False]


def test_the_attacker_never_rules_out_the_truth() -> None:
    for value, scale in ((0.0, 1.0), (1.0, 2.0), (0.0, 0.3), (1.0, 10.0)):
        outputs = attack.naive_laplace(value, scale, 300, seed=8)
        assert attack.reachable(outputs, value, scale).all()


def test_the_attacker_tells_neighbours_apart_on_doubles_only() -> None:
    first, second = (attack.naive_laplace(value, 1.0, 300, seed=9) for value in (0.0, 1.0))
    said = attack.verdicts(*(attack.identify(part, 0.0, 1.0, 1.0) for part in (first, second)))
    assert said.wrong == 0 and said.right > 0.5 * said.total
    assert attack.off_grid(noise.float_laplace(0.1, 1.0, 500, -30), -30) == 0
    assert attack.off_grid(first, -30) > 250


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (1.0, 0.3), (0.2, 1.0), (1.0, 5.0)])
def test_the_percentile_of_a_biased_error_against_simulation(scale: float, shift: float) -> None:
    errors = np.abs(np.random.default_rng(3).laplace(0, scale, 400_000) - shift)
    assert theory.shifted_p95(scale, shift) == pytest.approx(np.quantile(errors, 0.95), rel=0.01)


@pytest.mark.parametrize(("sensitivity", "epsilon"), [(1, 3.0), (5, 0.15), (300, 0.35)])
def test_the_percentile_of_discrete_noise_is_the_smallest_that_covers(
    sensitivity: float, epsilon: float
) -> None:
    found = theory.laplace_p95(sensitivity, epsilon)
    errors = np.abs(theory.simulated_laplace(sensitivity / epsilon, 400_000, seed=4))
    assert (errors <= found).mean() > 0.949 and (found == 0 or (errors <= found - 1).mean() < 0.951)


def test_the_epsilon_that_a_target_needs() -> None:
    needed = theory.epsilon_for(0.05, 0.005, 0.01)
    assert theory.shifted_p95(0.005 / needed, 0.01) == pytest.approx(0.05)
    assert theory.epsilon_for(0.05, 0.005, 0.05) == math.inf


def test_affordable_is_the_last_that_fits() -> None:
    count = model.affordable(1.0, 0.01, 1e-9)
    assert model.concentrated(count, 0.01, 1e-9) <= 1 < model.concentrated(count + 1, 0.01, 1e-9)


def test_opendp_agrees_that_the_concentrated_account_is_an_upper_bound() -> None:
    # rho-zCDP of the discrete Gaussian with sensitivity 1 and scale s is 1 / (2 s^2).
    dp.enable_features("contrib")
    space = dp.atom_domain(T=int), dp.absolute_distance(T=int)
    releases, each, delta = 100, 0.1, 1e-9
    scale = 1 / math.sqrt(releases * each**2)
    profile = dp.c.make_zCDP_to_approxDP(dp.m.make_gaussian(*space, scale=scale)).map(1)
    ours = model.concentrated(releases, each, delta)
    assert profile.epsilon(delta) <= ours < 1.2 * profile.epsilon(delta)
