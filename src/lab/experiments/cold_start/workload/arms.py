"""What is compared: strategies, with the interactions at which each can differ, and clients of the cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lab.experiments.cold_start.mechanism import (
    STRATEGIES,
    Factory,
    Population,
    Strategy,
    connect,
    shrinkage_to_attributes,
    zeros,
)
from lab.experiments.cold_start.params import LADDER, Params
from lab.services import redis

RECOMMENDED = "shrinkage to attributes"
WARM_FACTORY: Factory = shrinkage_to_attributes  # on whole histories: the warm baseline
ZEROS = "zero imputation"
BY_VARIANCE = "k by variances"
DEFAULTS = "client's defaults"
# Those that look at no history say the same at every n, and are asked once.
WITHOUT_HISTORY = ("popularity", "attributes", "nearest segment")
NEIGHBOUR = "k times "
KS = (0.25, 0.5, 1.0, 2.0, 4.0)  # times the k of the warm users
KS_AT = (1, 3, 10)  # interactions at which they are tried


@dataclass(frozen=True)
class Arm:
    """One strategy. interactions: how many of them it is shown, an evaluation for each."""

    name: str
    factory: Factory
    interactions: tuple[int, ...] = LADDER


def arms() -> list[Arm]:
    """All strategies on offer, the recommended one among them."""
    return [
        Arm(name, factory, (0,) if name in WITHOUT_HISTORY else LADDER)
        for name, factory in STRATEGIES.items()
    ]


def zero_imputation() -> Arm:
    """The control: where it is at its worst, and at its best."""
    return Arm(ZEROS, zeros, (LADDER[0], LADDER[-1]))


def neighbours() -> list[Arm]:
    """The recommended strategy with other values of k."""
    return [Arm(f"{NEIGHBOUR}{factor:g}", _with_k(factor), KS_AT) for factor in KS if factor != 1]


def by_variance() -> Arm:
    """The recommended strategy with the textbook's k."""

    def made(population: Population) -> Strategy:
        return shrinkage_to_attributes(replace(population, weights=population.by_variance))

    return Arm(BY_VARIANCE, made, LADDER[-1:])


def _with_k(factor: float) -> Factory:
    def made(population: Population) -> Strategy:
        return shrinkage_to_attributes(replace(population, weights=factor * population.weights))

    return made


@dataclass(frozen=True)
class Client:
    """How the cache reaches Redis. connect: url -> client; rest_s: of the circuit breaker, 0 for none."""

    name: str
    connect: Callable[[str], Any]
    rest_s: float


def _plain(url: str) -> Any:
    """redis-py as its first example has it: host and port, nothing else."""
    return redis.client.Redis(**redis.client.connection.parse_url(url))


def clients(params: Params) -> list[Client]:
    """The recommended one, one without a circuit breaker, and redis-py as it comes."""

    def soon(url: str) -> Any:
        return connect(url, params.timeout_ms / 1000)

    return [
        Client("time-out and breaker", soon, params.rest_s),
        Client("time-out only", soon, 0),
        Client(DEFAULTS, _plain, 0),
    ]
