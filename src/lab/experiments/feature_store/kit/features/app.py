"""Lookups over HTTP: `create_app()`, with an OpenAPI document at /docs.

`uvicorn features.app:app` reads REDIS_URL, FEATURES_REGISTRY (default: registry.yaml beside this file) and FEATURES_SPACE.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from .online import NotReadyError, Online
from .registry import FeatureError, load_registry
from .updates import entity_text

MOST = 1_000  # entities of one question


class Entities(BaseModel):
    """Whose features are asked for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    entities: Annotated[list[str | int], Field(min_length=1, max_length=MOST)]


class Found(BaseModel):
    """at: the moment of the look, UTC. features: in the order asked; null where nothing is known or it is too old."""

    at: str
    features: list[dict[str, Any] | None]


def create_app(url: str, registry: str | Path, space: str = "features") -> FastAPI:
    """The application on the Redis at `url`. FeatureError for a registry that can't be used.

    503 as long as the store is not filled or Redis is gone: "nothing known" is only said by a store that knows.
    """
    known, store = load_registry(registry), Online(url, space)
    app = FastAPI(title="Features", version="1")

    @app.exception_handler(FeatureError)
    def refused(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 422)

    @app.exception_handler(NotReadyError)
    def unavailable(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 503)

    def look_up(view: str, entities: list[Any]) -> Found:
        answer = store.read(known.view(view), [entity_text(entity) for entity in entities])
        return Found(
            at=answer.at.isoformat(timespec="microseconds"),
            features=[dict(one) if one is not None else None for one in answer.found],
        )

    @app.get("/features/{view}/{entity}")
    def one(view: str, entity: str) -> Found:
        """The features of one entity."""
        return look_up(view, [entity])

    @app.post("/features/{view}")
    def many(view: str, asked: Entities) -> Found:
        """The features of up to 1,000 entities, all of one moment."""
        return look_up(view, asked.entities)

    @app.get("/health")
    def health() -> dict[str, list[str]]:
        """The views that there are."""
        return {"views": list(known.views)}

    return app


def __getattr__(name: str) -> FastAPI:
    """`app`, made when a server asks for it."""
    if name != "app":
        raise AttributeError(name)
    registry = os.environ.get("FEATURES_REGISTRY", str(Path(__file__).with_name("registry.yaml")))
    url = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
    return create_app(url, registry, os.environ.get("FEATURES_SPACE", "features"))
