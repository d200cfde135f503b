"""Contracts between data domains that the consumers write, verified by the publisher (experiment data_mesh)."""

from lab.experiments.data_mesh.criteria import CONTROLS, CRITERIA
from lab.experiments.data_mesh.experiment import run, run_with_controls
from lab.experiments.data_mesh.kit import FOLDER as KIT
from lab.experiments.data_mesh.mechanism import (
    Break,
    Broker,
    BrokerError,
    Decision,
    Expectation,
    ExpectationError,
    Fresh,
    Need,
    Publication,
    can_i_deploy,
    can_i_remove,
    grants,
    parse,
    read,
    verify,
)
from lab.experiments.data_mesh.params import Params
from lab.experiments.data_mesh.present.figures import figures
from lab.experiments.data_mesh.present.model import model
from lab.experiments.data_mesh.present.summary import summary
from lab.experiments.data_mesh.workload.arms import Arm, Context

TITLE = "Data mesh: contracts that the consumers write"
QUESTION = "Do contracts between domains hold when one of them changes?"
NEEDS = ("dbt", "postgres")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Arm",
    "Break",
    "Broker",
    "BrokerError",
    "Context",
    "Decision",
    "Expectation",
    "ExpectationError",
    "Fresh",
    "Need",
    "Params",
    "Publication",
    "can_i_deploy",
    "can_i_remove",
    "figures",
    "grants",
    "model",
    "parse",
    "read",
    "run",
    "run_with_controls",
    "summary",
    "verify",
]
