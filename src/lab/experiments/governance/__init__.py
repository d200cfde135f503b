"""A governance playbook and the audit behind it, on faults that were seeded blind (experiment governance)."""

from lab.experiments.governance.criteria import CONTROLS, CRITERIA
from lab.experiments.governance.experiment import run, run_with_controls
from lab.experiments.governance.kit import FOLDER as KIT
from lab.experiments.governance.mechanism import (
    CHECKS,
    Catalogue,
    CatalogueError,
    Finding,
    Label,
    Onboarded,
    OnboardingError,
    audit,
    classify,
    coverage,
    onboard,
    read,
)
from lab.experiments.governance.params import Params
from lab.experiments.governance.present.figures import figures
from lab.experiments.governance.present.model import model
from lab.experiments.governance.present.summary import summary

TITLE = "A governance playbook, and an audit that is put to the test"
QUESTION = "Does an access audit find every violation?"
NEEDS = ("postgres", "pgaudit", "identifiers")

__all__ = [
    "CHECKS",
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Catalogue",
    "CatalogueError",
    "Finding",
    "Label",
    "Onboarded",
    "OnboardingError",
    "Params",
    "audit",
    "classify",
    "coverage",
    "figures",
    "model",
    "onboard",
    "read",
    "run",
    "run_with_controls",
    "summary",
]
