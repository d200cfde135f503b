"""An OpenLineage server in small: takes events, answers what is up- and downstream of a column, shows the graph.

Served by uvicorn as `lineage.app:app`, with the store's path in LINEAGE_DATABASE.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import store

PAGE = Path(__file__).with_name("page.html")
DATABASE = "LINEAGE_DATABASE"


def create_app(database: Path) -> Any:
    """The application over one store; all of it works without a network."""
    from fastapi import FastAPI, HTTPException, Request
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import HTMLResponse, JSONResponse

    # The documentation pages that FastAPI makes would load scripts from elsewhere; /openapi.json stays.
    app = FastAPI(title="Lineage", docs_url=None, redoc_url=None)

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        # What was sent is not sent back: it may be no JSON.
        return JSONResponse(
            {"detail": "; ".join(f"{item['loc'][-1]}: {item['msg']}" for item in error.errors())}, 422
        )

    @app.exception_handler(sqlite3.Error)
    def unusable(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": f"the store {database} can't be used: {error}"}, 503)

    @app.get("/", response_class=HTMLResponse)
    def page() -> str:
        return PAGE.read_text()

    @app.post("/api/v1/lineage", status_code=201)
    def receive(event: dict[str, Any]) -> dict[str, str]:
        """An event of a run, as OpenLineage's clients send it."""
        try:
            with store.opened(database) as connection:
                store.receive(connection, event)
        except store.EventError as error:
            raise HTTPException(422, str(error)) from None
        return {"stored": event["run"]["runId"]}

    @app.get("/api/columns")
    def columns() -> dict[str, list[str]]:
        """Columns of every dataset that an event has named."""
        with store.opened(database) as connection:
            return store.columns(connection)

    @app.get("/api/upstream")
    def upstream(dataset: str, field: str) -> dict[str, Any]:
        """Every column that has an influence on one, and the datasets whose rows it is made of."""
        with store.opened(database) as connection:
            _known(connection, dataset, field)
            found = store.upstream(connection, dataset, field)
            return {"fields": [asdict(item) for item in found], "rows_of": store.rows_of(connection, dataset)}

    @app.get("/api/downstream")
    def downstream(dataset: str, field: str) -> dict[str, Any]:
        """Every column on which one has an influence."""
        with store.opened(database) as connection:
            _known(connection, dataset, field)
            return {"fields": [asdict(item) for item in store.downstream(connection, dataset, field)]}

    @app.get("/api/graph")
    def graph() -> dict[str, Any]:
        """Columns by dataset, and all edges; the field "*" stands for the dataset's rows."""
        with store.opened(database) as connection:
            return {"columns": store.columns(connection), "edges": store.edges(connection)}

    def _known(connection: Any, dataset: str, field: str) -> None:
        there = store.columns(connection)
        if field not in there.get(dataset, ()):
            raise HTTPException(404, f"no event has named a column {field} of {dataset}")

    return app


def __getattr__(name: str) -> Any:
    # Made when uvicorn asks for it, so that an import needs neither FastAPI nor a store.
    if name == "app":
        return create_app(Path(os.environ[DATABASE]))
    raise AttributeError(name)
