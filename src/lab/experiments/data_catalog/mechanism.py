"""What is under test; a reader takes it home as the kit's folder `catalog`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.experiments.data_catalog.kit.catalog import (
    Answer,
    Catalog,
    Dataset,
    Field,
    Hit,
    Options,
    QueryError,
    StoreError,
    open_catalog,
)
from lab.experiments.data_catalog.kit.catalog.engines import COLUMNS, Postgres
from lab.experiments.data_catalog.kit.catalog.indexing import document

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = [
    "COLUMNS",
    "Answer",
    "Catalog",
    "Dataset",
    "Field",
    "Hit",
    "Options",
    "Postgres",
    "QueryError",
    "StoreError",
    "create_app",
    "document",
    "open_catalog",
    "search",
]


def create_app(database: str | Catalog, token: str | None = None) -> FastAPI:
    """The web application on `database`: a URL of PostgreSQL, the path of a SQLite file, or an open catalog.

    token: who may write; None for nobody. StoreError if the database can't be used.
    """
    # FastAPI comes with this experiment's set-up.
    from lab.experiments.data_catalog.kit.catalog.app import create_app as made

    return made(database, token)


def search(query: str, limit: int = 10, database: str = "catalog.db") -> list[Hit]:
    """The best `limit` datasets of the catalog in `database` that have every word of `query`."""
    catalog = open_catalog(database)
    try:
        return catalog.search(query, limit).hits
    finally:
        catalog.close()
