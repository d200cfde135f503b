"""A small feature store: offline join on two times, online lookups in Redis, one log for both (experiment feature_store)."""

from lab.experiments.feature_store.criteria import CONTROLS, CRITERIA
from lab.experiments.feature_store.experiment import run, run_with_controls
from lab.experiments.feature_store.kit import FOLDER as KIT
from lab.experiments.feature_store.kit.features.offline import Offline
from lab.experiments.feature_store.kit.features.online import Online
from lab.experiments.feature_store.kit.features.reconcile import Mismatch, reconcile
from lab.experiments.feature_store.mechanism import REGISTRY, create_app, historical, load_registry
from lab.experiments.feature_store.params import Params
from lab.experiments.feature_store.present.figures import figures
from lab.experiments.feature_store.present.model import model
from lab.experiments.feature_store.present.summary import summary
from lab.experiments.feature_store.workload.joins import Join

TITLE = "A small feature store: offline and online"
QUESTION = "Do offline and online features agree?"
NEEDS = ("kafka", "redis", "web", "feast")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "QUESTION",
    "REGISTRY",
    "TITLE",
    "Join",
    "Mismatch",
    "Offline",
    "Online",
    "Params",
    "create_app",
    "figures",
    "historical",
    "load_registry",
    "model",
    "reconcile",
    "run",
    "run_with_controls",
    "summary",
]
