"""What is under test: the gate in `kit/contract_gate`, and the repository in `kit/example` that uses it.

`validate` and `judge` take the standard's JSON Schemas from the package of datacontract-cli, which set-up has fetched.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path

from lab.experiments.contract_gate import kit
from lab.experiments.contract_gate.kit import contract_gate
from lab.experiments.contract_gate.kit.contract_gate import (
    Contract,
    ContractError,
    DataError,
    Report,
    Violation,
)
from lab.experiments.contract_gate.kit.contract_gate.document import SCHEMAS
from lab.services.datacontract import schemas

__all__ = ["ContractError", "DataError", "Violation", "check", "command", "hook", "load", "validate"]

CONTRACT = kit.EXAMPLE / "contracts" / "shop.odcs.yaml"


def validate(contract: Path | str, data: Path | str, now: datetime | None = None) -> list[Violation]:
    """Everything in `data` that breaks the contract in the file `contract` (ODCS v3, YAML); nothing is written.

    data: a DSN postgresql://..., a DuckDB file, a folder with TABLE.parquet or TABLE.csv for each table of the contract, or
    one such file. now: the clock for freshness (default: the machine's).
    ContractError for a contract that can't be used, DataError for data that can't be opened.
    """
    return contract_gate.validate(contract, data, now, schemas())


def load(contract: Path | str) -> Contract:
    """A contract as rules. ContractError if it can't be used."""
    return contract_gate.load(contract, schemas())


def check(contract: Contract, data: Path | str, now: datetime | None = None) -> Report:
    """As `validate`, with the rules that hold and those that could not be judged."""
    return contract_gate.check(contract, data, now)


def command(*arguments: str) -> list[str]:
    """The command line of the kit's own command, to be run with `environment()`."""
    return [sys.executable, "-m", "contract_gate", *arguments]


def hook(branch: str = "main") -> list[str]:
    """The command line of the kit's pre-receive hook, to be run with `environment()`."""
    return [sys.executable, "-m", "contract_gate.hook", "--protect", branch]


def environment() -> dict[str, str]:
    """What a process needs to find the kit, and the kit the standard's JSON Schemas."""
    path = os.pathsep.join(filter(None, (str(kit.FOLDER), os.environ.get("PYTHONPATH", ""))))
    return {"PYTHONPATH": path, SCHEMAS: str(schemas())}
