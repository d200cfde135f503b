"""What the measurements of one run give, before anything is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab.experiments.contract_gate.workload.mutants import Broken, Mutant
from lab.experiments.contract_gate.workload.pushes import Push

DUCKDB, PARQUET, CSV, POSTGRES = "DuckDB", "Parquet", "CSV", "PostgreSQL"
Places = frozenset[Broken]


@dataclass(frozen=True)
class Said:
    """What one validator says of one state of the data. Of rules in neither set it has no opinion."""

    broken: Places
    holds: Places
    words: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """mutant: None for data as agreed."""

    place: str
    mutant: Mutant | None
    gate: Said
    cli: Said


@dataclass(frozen=True)
class Built:
    """dbt without a gate. differing: rows of the marts that the oracle has otherwise, None where they can't be read."""

    mutant: Mutant | None
    success: bool
    differing: int | None


@dataclass(frozen=True)
class Pushed:
    """hooked: whether the repository has the hook. said: what the committer reads."""

    push: Push
    hooked: bool
    accepted: bool
    said: tuple[str, ...]


@dataclass(frozen=True)
class Ended:
    """One call of the command. said: all that it printed."""

    case: str
    due: int
    status: int
    said: str


@dataclass(frozen=True)
class Timed:
    """Seconds of one step (the gate, datacontract-cli, dbt) on data of a size, or of one call of the command."""

    orders: int
    round: int
    step: str
    seconds: float


@dataclass(frozen=True)
class Seen:
    judged: Sequence[Judged] = ()
    built: Sequence[Built] = ()
    pushed: Sequence[Pushed] = ()
    ended: Sequence[Ended] = ()
    timed: Sequence[Timed] = ()
