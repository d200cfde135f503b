"""Which entity is updated and looked up how often."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lab.experiments.feature_store.params import Params

AGEING = 60  # entities of which the last value gets too old while lookups run
UNKNOWN = "nobody"


def names(params: Params) -> list[str]:
    """The entities that are updated."""
    return [f"card-{number}" for number in range(params.entities)]


def ageing() -> list[str]:
    return [f"old-{number}" for number in range(AGEING)]


def shares(params: Params) -> NDArray[np.float64]:
    """Share of each entity, of updates and of lookups."""
    return zipf_shares(params.entities, params.zipf)


def zipf_shares(entities: int, exponent: float) -> NDArray[np.float64]:
    """By Zipf's law; the first is the most popular."""
    weights = np.arange(1, entities + 1, dtype=float) ** -exponent
    return weights / weights.sum()
