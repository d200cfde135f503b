"""Features for users with little or no history: learnt from other users, shrunk, cached."""

from .attributes import Attributes
from .cache import FeatureCache, Served
from .learning import learn
from .model import Model, fit
from .population import Features, History, Population
from .strategies import (
    STRATEGIES,
    Strategy,
    by_attributes,
    first_interactions,
    nearest_segment,
    popularity,
    shrinkage,
    shrinkage_to_attributes,
    zeros,
)

__all__ = [
    "STRATEGIES",
    "Attributes",
    "FeatureCache",
    "Features",
    "History",
    "Model",
    "Population",
    "Served",
    "Strategy",
    "by_attributes",
    "first_interactions",
    "fit",
    "learn",
    "nearest_segment",
    "popularity",
    "shrinkage",
    "shrinkage_to_attributes",
    "zeros",
]
