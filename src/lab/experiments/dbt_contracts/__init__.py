"""dbt contracts, constraints and tests against systematic changes of a source (experiment dbt_contracts)."""

from lab.experiments.dbt_contracts.criteria import CONTROLS, CRITERIA
from lab.experiments.dbt_contracts.experiment import run, run_with_controls
from lab.experiments.dbt_contracts.kit import FOLDER as KIT
from lab.experiments.dbt_contracts.mechanism import PACKAGE, project
from lab.experiments.dbt_contracts.params import Params
from lab.experiments.dbt_contracts.present.figures import figures
from lab.experiments.dbt_contracts.present.model import model
from lab.experiments.dbt_contracts.present.summary import summary
from lab.experiments.dbt_contracts.workload.arms import Arm
from lab.experiments.dbt_contracts.workload.mutants import Mutant, mutants
from lab.experiments.dbt_contracts.workload.source_schema import Column, Table

TITLE = "dbt contracts: which changes of a source are noticed"
QUESTION = "Which defects do contract tests catch before users do?"
NEEDS = ("dbt", "postgres")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "PACKAGE",
    "QUESTION",
    "TITLE",
    "Arm",
    "Column",
    "Mutant",
    "Params",
    "Table",
    "figures",
    "model",
    "mutants",
    "project",
    "run",
    "run_with_controls",
    "summary",
]
