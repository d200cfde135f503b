"""Replay of a backlog into a sink that must not drown (experiment backlog_replay)."""

from lab.experiments.backlog_replay.criteria import CONTROLS, CRITERIA
from lab.experiments.backlog_replay.experiment import run, run_with_controls
from lab.experiments.backlog_replay.mechanism import POLICIES, State, aimd, fixed, ramp, replay, unthrottled
from lab.experiments.backlog_replay.params import Params
from lab.experiments.backlog_replay.present.figures import figures
from lab.experiments.backlog_replay.present.model import model
from lab.experiments.backlog_replay.present.summary import summary
from lab.experiments.backlog_replay.workload import Arm

TITLE = "Backlog replay"
QUESTION = "How does a consumer catch up without drowning its sink?"
NEEDS = ("kafka", "postgres", "queueing")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "NEEDS",
    "POLICIES",
    "QUESTION",
    "TITLE",
    "Arm",
    "Params",
    "State",
    "aimd",
    "figures",
    "fixed",
    "model",
    "ramp",
    "replay",
    "run",
    "run_with_controls",
    "summary",
    "unthrottled",
]
