"""Infrastructure as code against changes by hand: detect, restore, ask (experiment infra_drift)."""

from lab.experiments.infra_drift.criteria import CONTROLS, CRITERIA
from lab.experiments.infra_drift.experiment import run, run_with_controls
from lab.experiments.infra_drift.kit import FOLDER as KIT
from lab.experiments.infra_drift.mechanism import (
    Decision,
    Drift,
    PolicyError,
    TofuError,
    decide,
    detect,
    restore,
)
from lab.experiments.infra_drift.params import Params
from lab.experiments.infra_drift.present.figures import figures
from lab.experiments.infra_drift.present.model import model
from lab.experiments.infra_drift.present.summary import summary

TITLE = "Infrastructure drift: how soon a manual change is seen and healed"
QUESTION = "How soon is a manual change detected and healed?"
NEEDS = ("postgres", "seaweedfs", "tofu")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Decision",
    "Drift",
    "Params",
    "PolicyError",
    "TofuError",
    "decide",
    "detect",
    "figures",
    "model",
    "restore",
    "run",
    "run_with_controls",
    "summary",
]
