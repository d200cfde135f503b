"""A contract gate before dbt, and a hook before the merge (experiment contract_gate)."""

from lab.experiments.contract_gate.criteria import CONTROLS, CRITERIA
from lab.experiments.contract_gate.experiment import run, run_with_controls
from lab.experiments.contract_gate.kit import EXAMPLE, GATE
from lab.experiments.contract_gate.kit import FOLDER as KIT
from lab.experiments.contract_gate.kit.contract_gate import weakened
from lab.experiments.contract_gate.mechanism import (
    CONTRACT,
    ContractError,
    DataError,
    Violation,
    check,
    load,
    validate,
)
from lab.experiments.contract_gate.params import Params
from lab.experiments.contract_gate.present.figures import figures
from lab.experiments.contract_gate.present.findings import silent
from lab.experiments.contract_gate.present.model import model
from lab.experiments.contract_gate.present.summary import summary
from lab.experiments.contract_gate.workload.mutants import mutants

TITLE = "Contract gate: bad data stopped before dbt, bad pushes before the merge"
QUESTION = "Does a contract gate stop bad data before the transformation?"
NEEDS = ("dbt", "datacontract", "git", "postgres")

__all__ = [
    "CONTRACT",
    "CONTROLS",
    "CRITERIA",
    "EXAMPLE",
    "GATE",
    "KIT",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "ContractError",
    "DataError",
    "Params",
    "Violation",
    "check",
    "figures",
    "load",
    "model",
    "mutants",
    "run",
    "run_with_controls",
    "silent",
    "summary",
    "validate",
    "weakened",
]
