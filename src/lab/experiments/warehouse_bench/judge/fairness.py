"""Whether the comparison was fair: engines and datasets took turns, and all had the same cores and memory."""

from __future__ import annotations

import os
from collections.abc import Mapping

import pandas as pd

from lab.experiments.warehouse_bench.mechanism.engine import Resources
from lab.load import interleave

CORES = os.cpu_count() or 1
NEAR = 0.05  # a heap is rounded to whole regions
KEYS = ("engine", "dataset")


def mixed(timings: pd.DataFrame) -> float:
    """How well engines and datasets took turns, the worse of the two: see `lab.load.interleave.mixed`.

    timings: in the order in which they were taken. NaN if there is only one engine and dataset.
    """
    shares = [interleave.mixed(list(zip(timings["round"], timings[key], strict=True))) for key in KEYS]
    return float(min((share for share in shares if share == share), default=float("nan")))


def unequal(found: Mapping[str, Resources], cores: int, memory_mb: int) -> list[str]:
    """In words, each engine of this machine that has other resources than were declared, or processes that nobody counts."""
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


def resources(found: Mapping[str, Resources]) -> pd.DataFrame:
    """One row for each engine."""
    return pd.DataFrame([{"engine": name, **told.__dict__} for name, told in found.items()])


def others(compared: pd.DataFrame) -> pd.DataFrame:
    """By engine: the share of the cores' time during its executions that others took."""
    timed = compared[compared["round"] > 0]
    sums = timed.groupby("engine")[["seconds", "cpu_s", "machine_s"]].sum()
    return ((sums["machine_s"] - sums["cpu_s"]) / (CORES * sums["seconds"])).rename("share").reset_index()
