"""Alertmanager's webhook that starts the retrain job: one job at a time for each model.

`uvicorn monitor.trigger:app`. MODEL_SERVER, MODEL_FOLDER, RETRAIN_ROWS: what the job is told. It runs in this process,
beside the model server and not in it; what it said is a line in MODEL_FOLDER/NAME.retrain.log.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from .retrain import retrain

JOBS = 4  # at a time; others wait


def create_app(server: str, folder: Path, rows: int) -> FastAPI:
    """Starts a job for each model that an alert fires for, unless one is running or waiting."""
    app = FastAPI(title="Retrain trigger", version="1")
    pool, jobs = ThreadPoolExecutor(JOBS), dict[str, Future[None]]()

    def work(name: str) -> None:
        try:
            said = retrain(server, name, folder, rows)
        except Exception as error:  # whatever it is, the next alert must find a trigger that works
            said = {"model": name, "deployed": False, "failed": f"{type(error).__name__}: {error}"}
        with (folder / f"{Path(name).name}.retrain.log").open("a") as log:
            log.write(json.dumps(said) + "\n")

    @app.post("/alerts")
    def alerts(told: dict[str, Any]) -> dict[str, list[str]]:
        """Alertmanager's payload; the models whose job was started now."""
        firing = [
            str(alert["labels"]["model"])
            for alert in told.get("alerts", [])
            if alert.get("status") == "firing" and "model" in alert.get("labels", {})
        ]
        started = [name for name in dict.fromkeys(firing) if name not in jobs or jobs[name].done()]
        for name in started:
            jobs[name] = pool.submit(work, name)
        return {"started": started}

    @app.get("/")
    def running() -> dict[str, bool]:
        return {name: not job.done() for name, job in jobs.items()}

    return app


def __getattr__(name: str) -> FastAPI:
    """`app`, made when a server asks for it."""
    if name != "app":
        raise AttributeError(name)
    told = os.environ
    return create_app(told["MODEL_SERVER"], Path(told["MODEL_FOLDER"]), int(told.get("RETRAIN_ROWS", 3_000)))
