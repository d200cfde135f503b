"""The law a + b x bytes for each engine, from two scale factors, held against a third."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Line:
    """Seconds of the mean query = fixed_s + per_byte_s x bytes of the tables.

    held_out_bytes, held_out_s: the point that the fit did not use.
    """

    engine: str
    fixed_s: float
    per_byte_s: float
    held_out_bytes: float
    held_out_s: float

    def at(self, size: float, workers: int = 1) -> float:
        """Seconds for `size` bytes; workers share the part that grows."""
        return self.fixed_s + self.per_byte_s * size / workers

    @property
    def error(self) -> float:
        """Relative error of the prediction at the held-out point."""
        return self.at(self.held_out_bytes) / self.held_out_s - 1


def growth(medians: pd.DataFrame, stored: Mapping[float, int]) -> pd.DataFrame:
    """Seconds of the mean query by engine and scale factor, over the Parquet files written once.

    medians: as `ranking.medians` gives, of all scale factors. stored: bytes of the tables by scale factor.
    """
    plain = medians[(medians["layout"] == "same") & (medians["format"] == "parquet")]
    found = plain.groupby(["engine", "scale_factor"])["seconds"].mean().reset_index()
    return found.assign(bytes=found["scale_factor"].map(stored))


def line(points: pd.DataFrame, held_out: float) -> Line:
    """The line through one engine's two points; the third, at scale factor `held_out`, is kept to check it.

    points: of one engine, as `growth` gives.
    """
    fits = (points["scale_factor"] != held_out).to_numpy()
    sizes, seconds = points["bytes"].to_numpy(float), points["seconds"].to_numpy(float)
    (small, large), (least, most) = sizes[fits], seconds[fits]
    slope = (most - least) / (large - small)
    (check,), (measured,) = sizes[~fits], seconds[~fits]
    return Line(str(points["engine"].iloc[0]), least - slope * small, slope, check, measured)


def least_workers(cluster: Line, single: Line) -> int:
    """Workers from which on the cluster is faster than the single machine, if the data are large enough."""
    return int(cluster.per_byte_s / single.per_byte_s) + 1


def crossover_bytes(cluster: Line, single: Line, workers: int) -> float:
    """Size of the tables from which the cluster of `workers` such machines answers sooner; inf if never."""
    gain = single.per_byte_s - cluster.per_byte_s / workers
    return (cluster.fixed_s - single.fixed_s) / gain if gain > 0 else float("inf")
