"""Mironov's attack: noise drawn as a double has gaps, and the gaps give the true value away.

The usual sampler computes value ± scale * log(V) from a uniform number that is a multiple of 2^-53. Of the
doubles near an output only some can be reached from a given value, so an output may be possible for one
of two neighbours and impossible for the other. I. Mironov, On significance of the least significant bits for
differential privacy, CCS 2012.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_GRID = 2.0**53  # a double in [0, 1) from numpy's generators is a multiple of 1 / _GRID
_WINDOW = 64


def naive_laplace(value: float, scale: float, n: int, seed: int) -> Floats:
    """The mechanism under attack, as it is found in blogs: numpy's Laplace noise around a double."""
    return np.random.default_rng(seed).laplace(value, scale, n)


def reachable(outputs: Floats, value: float, scale: float) -> NDArray[np.bool_]:
    """Which `outputs` numpy's sampler can produce around `value`: an exact search, one output at a time."""
    return np.array([_reachable(float(output), value, scale) for output in outputs])


def _reachable(output: float, value: float, scale: float) -> bool:
    distance = abs(output - value)
    tail = math.exp(-distance / scale)
    near = round(tail / 2 * _GRID if output < value else (1 - tail / 2) * _GRID)
    # How many U round to the same output, and how far off `near` may be.
    spread = tail * (abs(output) + abs(value) + distance) / scale
    reach = min(_WINDOW, 4 + math.ceil(4 * spread))
    return any(
        _sampled(place / _GRID, value, scale) == output
        for place in range(max(1, near - reach), min(int(_GRID) - 1, near + reach) + 1)
    )


def _sampled(uniform: float, value: float, scale: float) -> float:
    """numpy's sampler (random_laplace in distributions.c), operation by operation: each one rounds."""
    if uniform >= 0.5:
        return value - scale * math.log(2.0 - uniform - uniform)
    return value + scale * math.log(uniform + uniform)


@dataclass(frozen=True)
class Verdicts:
    """What the attacker says about outputs whose true value is known.

    right, wrong: outputs that only one of the two neighbours can have produced, by the attacker's reckoning,
    and that is or is not the true one. total: outputs looked at. features: +1 second, -1 first, 0 no idea.
    """

    right: int
    wrong: int
    total: int


def identify(outputs: Floats, first: float, second: float, scale: float) -> NDArray[np.int64]:
    """-1 where only `first` can have produced the output, +1 where only `second` can, else 0."""
    return reachable(outputs, second, scale).astype(int) - reachable(outputs, first, scale).astype(int)


def verdicts(from_first: NDArray[np.int64], from_second: NDArray[np.int64]) -> Verdicts:
    """Count what `identify` said about outputs of the first and of the second neighbour."""
    right = int((from_first == -1).sum() + (from_second == 1).sum())
    wrong = int((from_first == 1).sum() + (from_second == -1).sum())
    return Verdicts(right, wrong, len(from_first) + len(from_second))


def off_grid(outputs: Floats, grid: int) -> int:
    """Outputs that are not multiples of 2**grid: such an output could depend on the value's low bits."""
    return int((np.ldexp(outputs, -grid) % 1 != 0).sum())
