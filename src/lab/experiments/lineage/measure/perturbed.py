"""Influences on the marts that a change of raw data shows."""

from __future__ import annotations

from lab.experiments.lineage.measure.seen import Perturbed
from lab.experiments.lineage.oracle import perturbation
from lab.experiments.lineage.workload.pipeline import Tables, black_box, database


def perturbed(raw: Tables, seed: int, changes: int) -> Perturbed:
    """Every raw column changed in several ways, one at a time."""
    with database() as connection:
        pairs, runs = perturbation.seen(black_box(connection), raw, seed, changes)
    # Raw tables are called by their full name wherever lineage is told.
    named = frozenset((f"raw.{table}", *others) for table, *others in pairs)
    return Perturbed(named, runs, sum(len(table.columns) for table in raw.values()))  # type: ignore[arg-type]
