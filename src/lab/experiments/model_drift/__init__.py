"""A served model watched for drift: tests, alerts, retraining (experiment model_drift)."""

from lab.experiments.model_drift.criteria import CONTROLS, CRITERIA
from lab.experiments.model_drift.experiment import run, run_with_controls
from lab.experiments.model_drift.kit import FOLDER as KIT
from lab.experiments.model_drift.mechanism import DriftError, Feature, Report, detect
from lab.experiments.model_drift.params import Params
from lab.experiments.model_drift.present.figures import figures
from lab.experiments.model_drift.present.model import model
from lab.experiments.model_drift.present.summary import summary
from lab.experiments.model_drift.workload.arms import Arm

TITLE = "Model drift: how soon it is seen, and how often for nothing"
QUESTION = "How soon is a drifting input detected, at which rate of false alarms?"
NEEDS = ("classifier", "employment", "web", "metrics", "prometheus", "alertmanager")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Arm",
    "DriftError",
    "Feature",
    "Params",
    "Report",
    "detect",
    "figures",
    "model",
    "run",
    "run_with_controls",
    "summary",
]
