"""A pipeline on Airflow in five failure modes, with guards and without (experiment airflow_failures)."""

from lab.experiments.airflow_failures.criteria import CONTROLS, CRITERIA
from lab.experiments.airflow_failures.experiment import run, run_with_controls
from lab.experiments.airflow_failures.kit import DAGS
from lab.experiments.airflow_failures.kit import FOLDER as KIT
from lab.experiments.airflow_failures.mechanism import (
    CircuitBreaker,
    CircuitOpenError,
    ContractError,
    WaitTimeoutError,
    address,
    alone,
    bound_waits,
    check_contract,
    faults,
    lines_of,
    parse,
)
from lab.experiments.airflow_failures.params import Params
from lab.experiments.airflow_failures.present.figures import figures
from lab.experiments.airflow_failures.present.model import model
from lab.experiments.airflow_failures.present.summary import summary

TITLE = "Airflow: a pipeline in five failure modes"
QUESTION = "Does a pipeline recover, or fail safely, in five failure modes?"
NEEDS = ("airflow", "postgres", "toxiproxy")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "DAGS",
    "KIT",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "CircuitBreaker",
    "CircuitOpenError",
    "ContractError",
    "Params",
    "WaitTimeoutError",
    "address",
    "alone",
    "bound_waits",
    "check_contract",
    "faults",
    "figures",
    "lines_of",
    "model",
    "parse",
    "run",
    "run_with_controls",
    "summary",
]
