"""What a run leaves: raw observations, without a judgement. Times are s since 1970, nan for what did not come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.experiments.airflow_failures.kit.harness.play import Played
from lab.experiments.airflow_failures.oracle import Difference
from lab.experiments.airflow_failures.workload import Shot
from lab.services.receiver import Delivery


@dataclass(frozen=True)
class Try:
    """One try of a task, as Airflow keeps it."""

    task: str
    number: int
    started_at: float
    ended_at: float
    state: str


@dataclass(frozen=True)
class Ran:
    """One run. difference: of what is published from what the source made. published, dead: rows, dead letters.

    heartbeat_s: age of the task's last heartbeat when it was killed.
    """

    shot: Shot
    played: Played
    difference: Difference
    published: int
    dead: int
    tries: Sequence[Try]
    heartbeat_s: float = float("nan")


@dataclass(frozen=True)
class Call:
    """One for a batch that reached the source."""

    batch: int
    at: float
    status: int


@dataclass(frozen=True)
class Seen:
    """A whole run. start_s: that Airflow took to start. versions: of services."""

    runs: Sequence[Ran]
    deliveries: Sequence[Delivery]
    calls: Sequence[Call]
    start_s: float
    versions: Mapping[str, str]
