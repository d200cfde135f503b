"""A gate for data contracts: documents of the Open Data Contract Standard (ODCS) v3 against data, before dbt runs.

document: reading a contract. rules: what it says. sources, opening, duck, postgres: where data are. checks: rules as SQL.
gate: `validate`. promises: a contract against the one before it. repository, hook: what a push may bring.
"""

from .document import Contract, ContractError, load
from .gate import Report, Violation, check, validate
from .promises import weakened
from .rules import KINDS, Rule
from .sources import DataError

__all__ = [
    "KINDS",
    "Contract",
    "ContractError",
    "DataError",
    "Report",
    "Rule",
    "Violation",
    "check",
    "load",
    "validate",
    "weakened",
]
