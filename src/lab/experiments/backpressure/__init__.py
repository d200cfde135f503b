"""Overload of an ingestion service: quotas, limits, throttled clients (experiment backpressure)."""

from lab.experiments.backpressure.criteria import CONTROLS, CRITERIA
from lab.experiments.backpressure.experiment import run, run_with_controls
from lab.experiments.backpressure.kit import FOLDER as KIT
from lab.experiments.backpressure.mechanism import AdaptiveLimit, Admission, Backpressure, by_header
from lab.experiments.backpressure.params import Params
from lab.experiments.backpressure.present.figures import figures
from lab.experiments.backpressure.present.model import model
from lab.experiments.backpressure.present.summary import summary
from lab.experiments.backpressure.workload import Arm

TITLE = "Backpressure: what protects a sink from a burst"
QUESTION = "Which throttling protects what lies downstream?"
NEEDS = ("kafka", "web", "vegeta")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "AdaptiveLimit",
    "Admission",
    "Arm",
    "Backpressure",
    "Params",
    "by_header",
    "figures",
    "model",
    "run",
    "run_with_controls",
    "summary",
]
