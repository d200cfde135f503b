"""What the measurements of one run give, before anything is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.experiments.data_mesh.mechanism import Break
from lab.experiments.data_mesh.workload.changes import Change


@dataclass(frozen=True)
class Result:
    """What a consumer's own project came to: rows that the oracle has otherwise, or None and dbt's words where it failed."""

    differing: int | None
    error: str = ""

    @property
    def right(self) -> bool:
        return self.differing == 0


@dataclass(frozen=True)
class Checked:
    """One change, one consumer. change: None for what was published before. breaks: what each arm noticed."""

    change: Change | None
    consumer: str
    result: Result
    breaks: Mapping[str, Sequence[Break]]
    seconds: float  # of the verification of the consumer's expectation


@dataclass(frozen=True)
class Merge:
    """One push to the main branch. change: None for a commit of which nothing is recorded. lines: what the committer reads."""

    change: Change | None
    commit: str
    accepted: bool
    lines: Sequence[str]
    build_s: float
    seconds: float


@dataclass(frozen=True)
class Attempt:
    """What a role tried that it must not do. refused: in the database's words, empty if it went through."""

    domain: str
    what: str
    refused: str


@dataclass(frozen=True)
class Asked:
    """One answer in the history. due: the oracle's."""

    week: int
    action: str
    participant: str
    version: str
    environment: str
    allowed: bool
    due: bool
    reasons: Sequence[str]


@dataclass(frozen=True)
class Timed:
    """Verification of the needs of so many consumers, and the decision."""

    consumers: int
    round: int
    seconds: float


@dataclass(frozen=True)
class Seen:
    checked: Sequence[Checked] = ()
    merges: Sequence[Merge] = ()
    attempts: Sequence[Attempt] = ()
    asked: Sequence[Asked] = ()
    timed: Sequence[Timed] = ()
