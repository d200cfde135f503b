"""The catalog as a web application: REST with an OpenAPI document at /docs, a page at /.

`uvicorn catalog.app:app` serves what DATABASE_URL names (default: catalog.db here). CATALOG_SCHEMA: of PostgreSQL.
CATALOG_TOKEN: whoever sends it as a bearer token may write; without it nobody may. CATALOG_TODAY: instead of the clock's.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from . import page
from .catalog import LONGEST_QUERY, MOST_HITS, Catalog, open_catalog
from .dataset import Answer, Dataset, Name, QueryError
from .engines import StoreError
from .question import Options

MOST_VALUES = 50  # of one facet in a question
Values = Annotated[list[Name], Field(max_length=MOST_VALUES)]


class Question(BaseModel):
    """What can be asked. A parameter that is not here is refused: a misspelt facet would narrow nothing."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[str, Field(max_length=LONGEST_QUERY)] = ""
    owner: Values = []
    tag: Values = []
    source: Values = []
    field: Values = []
    within_days: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    offset: Annotated[int, Field(ge=0, le=MOST_HITS - 100)] = 0
    facets: bool = True

    def filters(self) -> dict[str, list[str]]:
        return {"owner": self.owner, "tag": self.tag, "source": self.source, "field": self.field}


class Found(BaseModel):
    """One hit. fields: how many columns; all of them are at /datasets/{id}."""

    id: str
    name: str
    title: str
    owner: str
    updated: date
    source: str
    tags: tuple[str, ...]
    fields: int
    score: float
    why: tuple[str, ...]


class Results(BaseModel):
    """total: datasets in all. how: "as typed", "corrected" or "any word". facets: datasets by kind and value."""

    total: int
    how: str
    hits: list[Found]
    facets: dict[str, dict[str, int]]


class Problem(BaseModel):
    """Why there is no answer."""

    detail: str


WRONG: dict[int | str, dict[str, Any]] = {422: {"model": Problem}, 503: {"model": Problem}}
Id = Annotated[Name, Path(description="of the dataset")]
Asked = Annotated[Question, Query()]
Authorization = Annotated[str | None, Header()]


def create_app(database: str | Catalog, token: str | None = None, schema: str = "catalog") -> FastAPI:
    """An application on `database`: a URL of PostgreSQL, the path of a SQLite file, or a catalog that is open.

    token: who may write; None for nobody. StoreError if the database can't be used.
    """
    catalog = database if isinstance(database, Catalog) else open_catalog(database, schema=schema)

    @asynccontextmanager
    async def closing(_: FastAPI) -> Any:
        yield
        catalog.close()

    app = FastAPI(title="Data catalog", version="1", lifespan=closing)
    app.exception_handler(QueryError)(_says(422))
    app.exception_handler(StoreError)(_says(503))
    app.exception_handler(RequestValidationError)(_invalid)
    _reading(app, catalog)
    _writing(app, catalog, token)
    return app


def _reading(app: FastAPI, catalog: Catalog) -> None:
    @app.get("/search", response_model=Results, responses=WRONG)
    def search(asked: Asked) -> Results:
        """Datasets that have every word of `q`: in name, owner, field, title, tag or text; best first."""
        return _results(_answer(catalog, asked))

    @app.get("/datasets/{id:path}", response_model=Dataset, responses=WRONG | {404: {"model": Problem}})
    def dataset(id: Id) -> Dataset:
        """All that is known of one dataset."""
        if found := catalog.get(id):
            return found
        raise HTTPException(404, f"no dataset {id!r}")

    @app.get("/health", responses=WRONG)
    def health() -> dict[str, int]:
        """How many datasets there are."""
        return {"datasets": len(catalog)}

    @app.get("/", response_class=HTMLResponse, responses=WRONG)
    def search_page(asked: Asked) -> str:
        """The same as /search for people: a form and a list, without a script."""
        return page.results(asked.q, asked.filters(), _answer(catalog, asked), asked.limit, asked.offset)

    @app.get("/show/{id:path}", response_class=HTMLResponse, responses=WRONG | {404: {"model": Problem}})
    def dataset_page(id: Id) -> str:
        """One dataset for people."""
        return page.dataset(dataset(id))


def _writing(app: FastAPI, catalog: Catalog, token: str | None) -> None:
    refused: dict[int | str, dict[str, Any]] = WRONG | {401: {"model": Problem}, 403: {"model": Problem}}

    def check(authorization: str | None) -> None:
        if token is None:
            raise HTTPException(403, "this catalog is read-only: it was started without CATALOG_TOKEN")
        if not secrets.compare_digest((authorization or "").encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "send the catalog's token: Authorization: Bearer ...")

    @app.put("/datasets/{id:path}", responses=refused)
    def put(id: Id, dataset: Dataset, authorization: Authorization = None) -> dict[str, int]:
        """Take a dataset in, in place of the one with this id."""
        check(authorization)
        if dataset.id != id:
            raise QueryError(f"the address names {id!r}, the dataset calls itself {dataset.id!r}")
        return {"datasets": catalog.put([dataset])}

    @app.delete("/datasets/{id:path}", responses=refused | {404: {"model": Problem}})
    def delete(id: Id, authorization: Authorization = None) -> dict[str, int]:
        """Forget a dataset."""
        check(authorization)
        if not catalog.delete(id):
            raise HTTPException(404, f"no dataset {id!r}")
        return {"datasets": 1}


def _answer(catalog: Catalog, asked: Question) -> Answer:
    return catalog.search(
        asked.q, asked.limit, asked.offset, asked.filters(), asked.within_days, asked.facets
    )


def _results(answer: Answer) -> Results:
    hits = [
        Found(
            **hit.dataset.model_dump(include={"id", "name", "title", "owner", "updated", "source", "tags"}),
            fields=len(hit.dataset.fields),
            score=hit.score,
            why=hit.why,
        )
        for hit in answer.hits
    ]
    return Results(total=answer.total, how=answer.how, hits=hits, facets=answer.facets)


def _says(status: int) -> Callable[[Request, Exception], JSONResponse]:
    return lambda _, error: JSONResponse({"detail": str(error)}, status)


def _invalid(_: Request, error: Exception) -> JSONResponse:
    """422 in words. What was sent is not sent back: it may be long, or not text at all."""
    assert isinstance(error, RequestValidationError)
    return JSONResponse({"detail": "; ".join(map(_problem, error.errors()))}, 422)


def _problem(found: dict[str, Any]) -> str:
    where = ".".join(map(str, found["loc"][1:]))[:100] or str(found["loc"][0])
    if found["type"] == "extra_forbidden" and found["loc"][0] == "query":
        return f"no parameter {where!r}; known: {', '.join(Question.model_fields)}"
    return f"{where}: {found['msg']}"


def __getattr__(name: str) -> FastAPI:
    """`app`, made when a server asks for it."""
    if name != "app":
        raise AttributeError(name)
    today = os.environ.get("CATALOG_TODAY")
    options = Options(today=date.fromisoformat(today) if today else None)
    where = os.environ.get("DATABASE_URL", "catalog.db"), options, os.environ.get("CATALOG_SCHEMA", "catalog")
    return create_app(open_catalog(*where), os.environ.get("CATALOG_TOKEN"))
