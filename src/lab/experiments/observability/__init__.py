"""Alerts on pipelines, judged on known anomalies, with a runbook that is run (experiment observability)."""

from lab.experiments.observability.criteria import CONTROLS, CRITERIA
from lab.experiments.observability.experiment import run, run_with_controls
from lab.experiments.observability.kit import FOLDER as KIT
from lab.experiments.observability.mechanism import (
    Alert,
    Confusion,
    EvaluationError,
    Injection,
    alerts_of,
    evaluate,
)
from lab.experiments.observability.params import Params
from lab.experiments.observability.present.figures import figures
from lab.experiments.observability.present.model import model
from lab.experiments.observability.present.summary import summary
from lab.experiments.observability.workload.arms import Arm

TITLE = "Alerts on a pipeline: how soon, and how often for nothing"
QUESTION = "How soon does an alert see a fault, and how often does it cry wolf?"
NEEDS = ("metrics", "prometheus", "alertmanager")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Alert",
    "Arm",
    "Confusion",
    "EvaluationError",
    "Injection",
    "Params",
    "alerts_of",
    "evaluate",
    "figures",
    "model",
    "run",
    "run_with_controls",
    "summary",
]
