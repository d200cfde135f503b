"""Tenants apart by PostgreSQL's row-level security, under an attack matrix (experiment tenant_isolation)."""

from lab.experiments.tenant_isolation.criteria import CONTROLS, CRITERIA
from lab.experiments.tenant_isolation.experiment import run, run_with_controls
from lab.experiments.tenant_isolation.kit import FOLDER as KIT
from lab.experiments.tenant_isolation.kit import POLICIES
from lab.experiments.tenant_isolation.mechanism import (
    Finding,
    audit,
    create_app,
    in_transaction,
    lint,
    tokens,
)
from lab.experiments.tenant_isolation.params import Params
from lab.experiments.tenant_isolation.present.figures import figures
from lab.experiments.tenant_isolation.present.model import model
from lab.experiments.tenant_isolation.present.summary import summary
from lab.experiments.tenant_isolation.workload.arms import Arm
from lab.experiments.tenant_isolation.workload.attacks import Attack, attacks

TITLE = "Tenants apart by row-level security, under attack"
QUESTION = "Can one tenant ever read another's rows?"
NEEDS = ("postgres", "pgaudit", "pgbouncer", "web", "isolation")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "POLICIES",
    "QUESTION",
    "TITLE",
    "Arm",
    "Attack",
    "Finding",
    "Params",
    "attacks",
    "audit",
    "create_app",
    "figures",
    "in_transaction",
    "lint",
    "model",
    "run",
    "run_with_controls",
    "summary",
    "tokens",
]
