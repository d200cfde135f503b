"""Schema evolution: which changes break which readers, and how to come back (experiment schema_evolution)."""

from lab.experiments.schema_evolution.criteria import CONTROLS, CRITERIA
from lab.experiments.schema_evolution.experiment import Arm, run, run_with_controls
from lab.experiments.schema_evolution.kit import FOLDER as KIT
from lab.experiments.schema_evolution.kit.evolution import (
    MODES,
    Break,
    Reader,
    SchemaError,
    UnreadableError,
    apply_aliases,
    avro_read,
    check,
    compatible,
    convert,
)
from lab.experiments.schema_evolution.mechanism.parquet import read_versions, write_version
from lab.experiments.schema_evolution.params import Params
from lab.experiments.schema_evolution.present.figures import figures
from lab.experiments.schema_evolution.present.model import model
from lab.experiments.schema_evolution.present.summary import summary
from lab.experiments.schema_evolution.workload.orders import history

TITLE = "Schema evolution: what breaks, what is lost, and the way back"
QUESTION = "Which schema changes break which readers?"
NEEDS = ("kafka", "apicurio", "avro")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "MODES",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Arm",
    "Break",
    "Params",
    "Reader",
    "SchemaError",
    "UnreadableError",
    "apply_aliases",
    "avro_read",
    "check",
    "compatible",
    "convert",
    "figures",
    "history",
    "model",
    "read_versions",
    "run",
    "run_with_controls",
    "summary",
    "write_version",
]
