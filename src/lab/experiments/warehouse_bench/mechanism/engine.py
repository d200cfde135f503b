"""What is asked of an engine: three methods for the bench, three more to make tables and to tell what it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from lab.experiments.warehouse_bench.mechanism.dataset import Dataset, Files


@dataclass(frozen=True)
class Usage:
    """Counters that only rise. cpu_s, read_bytes: seen from outside; reported_...: as the engine itself reports.

    machine_s: processor time of the whole machine. NaN where an engine does not tell.
    """

    cpu_s: float
    read_bytes: float
    reported_cpu_s: float = float("nan")
    reported_bytes: float = float("nan")
    machine_s: float = float("nan")


class Engine(Protocol):
    """What the bench asks of an engine."""

    def use(self, dataset: str) -> None:
        """Make the tables of a dataset the ones that an unqualified name means. Not timed."""

    def answer(self, sql: str) -> Iterable[tuple[Any, ...]]:
        """Run one statement and hand over its rows. Timed until the last row is there."""

    def usage(self) -> Usage:
        """What has been used so far."""


@dataclass(frozen=True)
class Resources:
    """As an engine tells them. here: whether it runs on this machine; processes: counted, and there at the end."""

    threads: int
    memory_mb: float
    kind: str
    here: bool
    processes: int
    processes_now: int


class Warehouse(Engine, Protocol):
    """An engine that also makes tables of files that are there already, collects statistics, and tells its resources."""

    @property
    def name(self) -> str: ...
    def answer(self, sql: str) -> list[tuple[Any, ...]]: ...
    def register(self, dataset: Dataset, folder: Path, files: Files) -> None: ...
    def analyze(self, dataset: Dataset, columns: Mapping[str, Sequence[str]]) -> None: ...
    def resources(self) -> Resources: ...
