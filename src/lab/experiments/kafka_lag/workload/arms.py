"""The arms: how keys are drawn, and which strategy places them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.experiments.kafka_lag.mechanism import Strategy, keyed, random_sticky, salting
from lab.experiments.kafka_lag.params import Params

KEYS = 1_000


@dataclass(frozen=True)
class Arm:
    """One way to place messages: a strategy on keys that are drawn in one way.

    zipf: exponent of the keys' popularity; 0 makes all keys equally frequent.
    """

    name: str
    strategy: Strategy
    zipf: float


def arms(params: Params) -> list[Arm]:
    """The treatment's arms, in the order of `params.strategies`."""
    salted = salting(hot_keys(params.zipf, params.partitions))
    known = {
        "random-sticky": Arm("random-sticky", random_sticky, params.zipf),
        "keyed": Arm("keyed", keyed, 0),
        "salted hot key": Arm("salted hot key", salted, params.zipf),
    }
    return [known[name] for name in params.strategies]


def hot_key(params: Params) -> list[Arm]:
    """The control's arm: one key takes a large share, and nothing is done about it."""
    return [Arm("keyed, hot key", keyed, params.zipf)]


def popularity(exponent: float, keys: int = KEYS) -> NDArray[np.float64]:
    """Zipf's law: probability of the key at each rank, proportional to 1 / rank ** exponent."""
    weights = np.arange(1, keys + 1, dtype=float) ** -exponent
    return weights / weights.sum()


def key_names(keys: int = KEYS) -> list[bytes]:
    return [b"customer-%d" % rank for rank in range(keys)]


def hot_keys(exponent: float, partitions: int) -> frozenset[bytes]:
    """Keys that alone would add more than a tenth to a partition's even share."""
    shares = popularity(exponent)
    return frozenset(
        name for name, share in zip(key_names(), shares, strict=True) if share * partitions > 0.1
    )
