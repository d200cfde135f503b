"""What is under test; a reader takes it home as the kit's folder `coldstart`."""

from lab.experiments.cold_start.kit.coldstart import (
    STRATEGIES,
    FeatureCache,
    Features,
    Model,
    Population,
    Strategy,
    by_attributes,
    first_interactions,
    fit,
    learn,
    nearest_segment,
    popularity,
    shrinkage,
    shrinkage_to_attributes,
    zeros,
)
from lab.experiments.cold_start.kit.coldstart.cache import connect
from lab.experiments.cold_start.kit.coldstart.model import Items, inputs, known_items
from lab.experiments.cold_start.kit.coldstart.strategies import Factory

__all__ = [
    "STRATEGIES",
    "Factory",
    "FeatureCache",
    "Features",
    "Items",
    "Model",
    "Population",
    "Strategy",
    "by_attributes",
    "connect",
    "first_interactions",
    "fit",
    "inputs",
    "known_items",
    "learn",
    "nearest_segment",
    "popularity",
    "shrinkage",
    "shrinkage_to_attributes",
    "zeros",
]
