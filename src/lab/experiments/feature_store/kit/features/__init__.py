"""A small feature store: one registry, an offline store in Parquet, an online store in Redis, one log that feeds both."""

from .offline import Offline
from .online import NotReadyError, Online
from .reconcile import Mismatch, compare, reconcile, sample
from .registry import FeatureError, Registry, View, load_registry

__all__ = [
    "FeatureError",
    "Mismatch",
    "NotReadyError",
    "Offline",
    "Online",
    "Registry",
    "View",
    "compare",
    "load_registry",
    "reconcile",
    "sample",
]
