"""Storage classes and retention on an object store: what they cost, and what reading then takes (experiment storage_cost)."""

from lab.experiments.storage_cost.criteria import CONTROLS, CRITERIA
from lab.experiments.storage_cost.experiment import run, run_with_controls
from lab.experiments.storage_cost.kit import FOLDER as KIT
from lab.experiments.storage_cost.mechanism import (
    Bill,
    History,
    Move,
    Prices,
    Trace,
    age_rules,
    all_hot,
    automatic_tiering,
    bill,
    break_even,
    learn,
    load,
    load_trace,
    offline_optimum,
    trace,
)
from lab.experiments.storage_cost.params import Params
from lab.experiments.storage_cost.present.figures import figures
from lab.experiments.storage_cost.present.model import model
from lab.experiments.storage_cost.present.summary import summary

TITLE = "Storage classes and retention: the bill and the wait"
QUESTION = "Which storage class and retention cost least, and what does a read then wait for?"
NEEDS = ("movielens", "cdnow", "seaweedfs", "spreadsheet")
TIMED = False

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Bill",
    "History",
    "Move",
    "Params",
    "Prices",
    "Trace",
    "age_rules",
    "all_hot",
    "automatic_tiering",
    "bill",
    "break_even",
    "figures",
    "learn",
    "load",
    "load_trace",
    "model",
    "offline_optimum",
    "run",
    "run_with_controls",
    "summary",
    "trace",
]
