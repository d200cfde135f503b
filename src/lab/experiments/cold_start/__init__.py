"""Features for users without a history: which default, and what is served when the cache is gone (experiment cold_start)."""

from lab.experiments.cold_start.criteria import CONTROLS, CRITERIA
from lab.experiments.cold_start.experiment import run, run_with_controls
from lab.experiments.cold_start.kit import FOLDER as KIT
from lab.experiments.cold_start.mechanism import (
    STRATEGIES,
    FeatureCache,
    Population,
    Strategy,
    by_attributes,
    connect,
    first_interactions,
    fit,
    learn,
    nearest_segment,
    popularity,
    shrinkage,
    shrinkage_to_attributes,
    zeros,
)
from lab.experiments.cold_start.params import Params
from lab.experiments.cold_start.present.figures import figures
from lab.experiments.cold_start.present.findings import ladder
from lab.experiments.cold_start.present.model import model
from lab.experiments.cold_start.present.summary import summary

TITLE = "Cold start: features for users without a history"
QUESTION = "Which default serves users without a history best?"
NEEDS = ("movielens", "redis")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "QUESTION",
    "STRATEGIES",
    "TITLE",
    "FeatureCache",
    "Params",
    "Population",
    "Strategy",
    "by_attributes",
    "connect",
    "figures",
    "first_interactions",
    "fit",
    "ladder",
    "learn",
    "model",
    "nearest_segment",
    "popularity",
    "run",
    "run_with_controls",
    "shrinkage",
    "shrinkage_to_attributes",
    "summary",
    "zeros",
]
