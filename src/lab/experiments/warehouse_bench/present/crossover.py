"""The size from which a cluster answers sooner than one machine, and how far that can be told."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from lab.experiments.warehouse_bench.judge.linear_law import Line
from lab.experiments.warehouse_bench.judge.median_interval import spread

GB = 1e9
TOLD = 3.0  # times: a range that is wider than this is no answer


class Straight(Protocol):
    """A time that is fixed and one that grows."""

    @property
    def fixed_s(self) -> float: ...
    @property
    def per_byte_s(self) -> float: ...


@dataclass(frozen=True)
class Crossing:
    """workers: so many share the growing part. size: bytes by the lines of all rounds; low, high: by the single rounds.

    inf: never. rounds: how many there were.
    """

    workers: int
    size: float
    low: float
    high: float
    rounds: int

    @property
    def told(self) -> bool:
        """Whether the rounds agree well enough to name a size."""
        return self.low > 0 and math.isfinite(self.high) and self.high <= TOLD * self.low


def least_workers(cluster: Straight, single: Straight) -> int:
    """Workers from which on the cluster is faster than the single machine, if the data are large enough."""
    return int(cluster.per_byte_s / single.per_byte_s) + 1


def crossover_bytes(cluster: Straight, single: Straight, workers: int) -> float:
    """Size of the tables from which the cluster of `workers` such machines answers sooner; inf if never, 0 if always."""
    gain = single.per_byte_s - cluster.per_byte_s / workers
    return max((cluster.fixed_s - single.fixed_s) / gain, 0.0) if gain > 0 else math.inf


def crossing(cluster: Line, single: Line, by_round: pd.DataFrame) -> Crossing | None:
    """For twice as many workers as the least that can win. by_round: as `lines.by_round` gives.

    None if the times do not grow with the bytes.
    """
    if min(single.per_byte_s, cluster.per_byte_s) <= 0:
        return None
    workers = 2 * least_workers(cluster, single)
    one, other = _of(cluster.engine, by_round), _of(single.engine, by_round)
    sizes = [
        crossover_bytes(one[number], other[number], workers) for number in sorted(one.keys() & other.keys())
    ]
    seen = spread(sizes)
    return Crossing(workers, crossover_bytes(cluster, single, workers), seen.low, seen.high, seen.rounds)


@dataclass(frozen=True)
class _Round:
    fixed_s: float
    per_byte_s: float


def _of(engine: str, by_round: pd.DataFrame) -> dict[int, _Round]:
    rows = by_round[by_round["engine"] == engine].to_dict("records")
    return {int(row["round"]): _Round(row["fixed_s"], row["per_byte_s"]) for row in rows}
