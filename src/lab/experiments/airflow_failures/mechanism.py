"""What is under test; a reader takes it home as the kit's folders `dags` and `harness`."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from lab.experiments.airflow_failures.kit.dags.guards import (
    CircuitBreaker,
    CircuitOpenError,
    ContractError,
    WaitTimeoutError,
    address,
    alone,
    bound_waits,
    check_contract,
    lines_of,
    parse,
)
from lab.experiments.airflow_failures.kit.harness.faults import FAULTS, Fault


def faults() -> pd.DataFrame:
    """The faults as a table: mode, how each is injected, which guards answer it, how a guarded run is due to end."""
    return pd.DataFrame([asdict(each) for each in FAULTS])


__all__ = [
    "FAULTS",
    "CircuitBreaker",
    "CircuitOpenError",
    "ContractError",
    "Fault",
    "WaitTimeoutError",
    "address",
    "alone",
    "bound_waits",
    "check_contract",
    "faults",
    "lines_of",
    "parse",
]
