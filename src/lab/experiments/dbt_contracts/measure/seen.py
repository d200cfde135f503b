"""What the measurements of one run give, before anything is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lab.experiments.dbt_contracts.workload.mutants import Mutant
from lab.services.dbt import Node


@dataclass(frozen=True)
class Built:
    """One invocation of dbt. mutant: None on the source as it was agreed.

    failures: nodes that neither passed nor were skipped; nodes: how many ran at all. differing: rows
    of the marts that the oracle has otherwise, None where dbt did not end with 0 or a mart can't be read.
    """

    engine: str
    arm: str
    mutant: Mutant | None
    success: bool
    failures: tuple[Node, ...]
    nodes: int
    seconds: float
    differing: int | None


@dataclass(frozen=True)
class Timed:
    """Seconds of all nodes of one kind in one build. arm: how the package was run."""

    orders: int
    round: int
    arm: str
    kind: str
    nodes: int
    seconds: float


@dataclass(frozen=True)
class Seen:
    """skipped: mutants that leave this source as it is; known: all others."""

    builds: Sequence[Built] = ()
    timed: Sequence[Timed] = field(default_factory=list)
    known: int = 0
    skipped: int = 0
