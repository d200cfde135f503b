"""A small data catalog with search: SQLite or PostgreSQL below, REST and a plain page above."""

from .catalog import Catalog, open_catalog
from .dataset import Answer, Dataset, Field, Hit, QueryError
from .engines import StoreError
from .question import Options

__all__ = [
    "Answer",
    "Catalog",
    "Dataset",
    "Field",
    "Hit",
    "Options",
    "QueryError",
    "StoreError",
    "open_catalog",
]
