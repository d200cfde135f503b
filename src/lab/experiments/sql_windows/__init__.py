"""Ten window-function queries, measured on PostgreSQL, DuckDB and SQLite."""

from lab.experiments.sql_windows.criteria import CONTROLS, CRITERIA
from lab.experiments.sql_windows.experiment import run, run_with_controls
from lab.experiments.sql_windows.mechanism.queries import Query, parse, path, queries
from lab.experiments.sql_windows.params import Params
from lab.experiments.sql_windows.present.figures import figures
from lab.experiments.sql_windows.present.model import model
from lab.experiments.sql_windows.present.summary import summary

TITLE = "Window functions: ten queries, three engines, the same rows"
QUESTION = (
    "Which window query answers running totals, sessions, churn and retention, does it give the same rows on every "
    "engine, and how long will it take on my table?"
)
NEEDS = ("postgres", "cdnow")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Params",
    "Query",
    "figures",
    "model",
    "parse",
    "path",
    "queries",
    "run",
    "run_with_controls",
    "summary",
]
