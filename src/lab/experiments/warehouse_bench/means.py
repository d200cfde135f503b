"""What each engine says that it has: cores and memory, and the processes whose use is counted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

_UNITS = {"bytes": 1 / 2**20, "KiB": 1 / 1024, "MiB": 1.0, "GiB": 1024.0, "TiB": 1024.0**2}
NEAR = 0.05  # a heap is rounded to whole regions


@dataclass(frozen=True)
class Means:
    """As an engine tells them. here: whether it runs on this machine; processes: counted, and there at the end."""

    threads: int
    memory_mb: float
    kind: str
    here: bool
    processes: int
    processes_now: int


def mebibytes(text: str) -> float:
    """`2.0 GiB` as a number."""
    found = re.fullmatch(r"([\d.]+)\s*(\w+)", text.strip())
    if not found or found[2] not in _UNITS:
        raise ValueError(f"{text!r} is no amount of memory")
    return float(found[1]) * _UNITS[found[2]]


def unequal(found: Mapping[str, Means], cores: int, memory_mb: int) -> list[str]:
    """In words, each engine of this machine that has other means than were declared, or processes that nobody counts."""
    wrong = []
    for name, told in found.items():
        if not told.here:
            continue
        if told.threads != cores:
            wrong.append(f"{name} uses {told.threads} of {cores} cores")
        if abs(told.memory_mb / memory_mb - 1) > NEAR:
            wrong.append(f"{name} has {told.memory_mb:.0f} MiB, not {memory_mb}")
        if told.processes_now > told.processes:
            wrong.append(f"{name} has {told.processes_now - told.processes} processes that are not counted")
    return wrong


def table(found: Mapping[str, Means]) -> pd.DataFrame:
    """One row for each engine."""
    return pd.DataFrame([{"engine": name, **told.__dict__} for name, told in found.items()])
