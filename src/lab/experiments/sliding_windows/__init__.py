"""Sliding windows per user on events that come late and twice (experiment sliding_windows)."""

from lab.experiments.sliding_windows.criteria import CONTROLS, CRITERIA
from lab.experiments.sliding_windows.experiment import run, run_with_controls
from lab.experiments.sliding_windows.mechanism import DELAYS, KIT, arrivals, windows
from lab.experiments.sliding_windows.oracle.sparkrule import Batch, Replay, admitted, replay
from lab.experiments.sliding_windows.params import Params
from lab.experiments.sliding_windows.present.figures import figures
from lab.experiments.sliding_windows.present.model import model
from lab.experiments.sliding_windows.present.summary import summary

TITLE = "Sliding windows: late and repeated events in Spark"
QUESTION = "Are sliding windows right when events come late or twice?"
NEEDS = ("kafka", "spark")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "DELAYS",
    "KIT",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Batch",
    "Params",
    "Replay",
    "admitted",
    "arrivals",
    "figures",
    "model",
    "replay",
    "run",
    "run_with_controls",
    "summary",
    "windows",
]
