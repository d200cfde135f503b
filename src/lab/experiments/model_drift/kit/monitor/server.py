"""A model server that watches what it serves: predictions, labels that come later, metrics, and a swap of the model.

`uvicorn monitor.server:app` serves the newest `NAME.vNUMBER.joblib` of each name in MODEL_FOLDER (`monitor.retrain` says
what is in one).
MODEL_WINDOW: rows that are compared with the reference at a time. MODEL_LOOKS: windows for which alpha has to last.
A joblib file can run code when it is loaded: only files of MODEL_FOLDER are, and who may write there decides.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query, Response
from prometheus_client import REGISTRY, make_asgi_app

from .served import SECONDS, Batch, Labels, Served, Swap

_FILE = re.compile(r"(?P<name>[A-Za-z0-9_-]+)\.v(?P<version>[0-9]+)\.joblib")


def newest(folder: Path) -> dict[str, tuple[int, Path]]:
    """Version and file of the newest of each model: what a server that is started again goes on with."""
    found = [(match, path) for path in folder.glob("*.joblib") if (match := _FILE.fullmatch(path.name))]
    ordered = sorted(found, key=lambda each: int(each[0]["version"]))
    return {match["name"]: (int(match["version"]), path) for match, path in ordered}


def create_app(folder: Path, window: int = 1_000, looks: int = 100) -> FastAPI:
    """A server of the models in `folder`. ValueError if there are none."""
    models = {
        name: Served(name, file, version, window, looks) for name, (version, file) in newest(folder).items()
    }
    if not models:
        raise ValueError(f"no NAME.v1.joblib in {folder}; `monitor.retrain.make` writes one")
    app = FastAPI(title="Model server", version="1")
    app.mount("/metrics", make_asgi_app(REGISTRY))

    def of(name: str) -> Served:
        if name not in models:
            raise HTTPException(404, f"no model {name!r}; there are: {', '.join(models)}")
        return models[name]

    @app.post("/models/{name}/predict")
    def predict(name: str, batch: Batch) -> dict[str, Any]:
        """Probabilities, in the order of the rows."""
        model = of(name)
        with SECONDS.labels(name).time():
            version, scores = model.predict(batch)
        return {"version": version, "scores": scores}

    @app.post("/models/{name}/labels")
    def labels(name: str, labels: Labels) -> dict[str, int]:
        """What came true of rows that were predicted; unknown ids are not counted."""
        return {"known": of(name).label(labels)}

    @app.get("/models/{name}")
    def status(name: str) -> dict[str, Any]:
        """Version, rows served, windows compared, and since which row drift is suspected."""
        model = of(name)
        with model.lock:
            since = model.suspect_since()
            return {
                "version": model.version,
                "rows": model.rows,
                "windows": model.windows,
                "suspect_since": since,
            }

    @app.get("/models/{name}/labelled")
    def labelled(name: str, since: Annotated[int, Query(ge=0)] = 0) -> Response:
        """Rows with labels, for the retrain job."""
        # FastAPI would look at each value by itself, for a quarter of a second, while others wait.
        return Response(json.dumps(of(name).labelled(since)), media_type="application/json")

    @app.put("/models/{name}")
    def swap(name: str, swap: Swap) -> dict[str, int]:
        """Serve another file; requests under way are answered by the old one."""
        model, found = of(name), _FILE.fullmatch(swap.file)
        if not found or found["name"] != name or not (folder / swap.file).is_file():
            raise HTTPException(422, f"{swap.file!r} is no file {name}.vNUMBER.joblib of the model folder")
        try:
            return {"version": model.load(folder / swap.file, int(found["version"]))}
        except Exception as error:  # whatever is wrong with it, the old model goes on answering
            raise HTTPException(
                422, f"{swap.file} can't be served: {type(error).__name__}: {error}"
            ) from error

    @app.get("/")
    def names() -> list[str]:
        return list(models)

    return app


def __getattr__(name: str) -> FastAPI:
    """`app`, made when a server asks for it."""
    if name != "app":
        raise AttributeError(name)
    told = os.environ
    folder = Path(told.get("MODEL_FOLDER", "models"))
    return create_app(folder, int(told.get("MODEL_WINDOW", 1_000)), int(told.get("MODEL_LOOKS", 100)))
