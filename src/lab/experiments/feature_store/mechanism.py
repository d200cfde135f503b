"""What is under test; a reader takes it home as the kit's folder `features`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lab.experiments.feature_store.kit import FOLDER
from lab.experiments.feature_store.kit.features import registry as _registry
from lab.experiments.feature_store.kit.features.registry import FeatureError, Registry, View, load_registry

if TYPE_CHECKING:
    import pandas as pd
    from fastapi import FastAPI

__all__ = ["REGISTRY", "FeatureError", "Registry", "View", "create_app", "historical", "load_registry"]

REGISTRY = FOLDER / "features" / "registry.yaml"
RESERVED = _registry.RESERVED


def historical(
    entities_with_time: pd.DataFrame, folder: str | Path, view: str = "card", registry: str | Path = REGISTRY
) -> pd.DataFrame:
    """Each row of `entities_with_time` with the features that had happened and were known at its `at`.

    folder: of the offline store. FeatureError, in words, for what can't be used.
    """
    from lab.experiments.feature_store.kit.features.offline import Offline

    return Offline(folder, load_registry(registry)).historical(view, entities_with_time)


def create_app(url: str, registry: str | Path = REGISTRY, space: str = "features") -> FastAPI:
    """The online lookups as a web application, on the Redis at `url`."""
    # FastAPI and Redis' client come with this experiment's set-up.
    from lab.experiments.feature_store.kit.features.app import create_app as made

    return made(url, registry, space)
