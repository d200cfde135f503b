"""The law a + b x bytes for each engine, from two scale factors, held against a third."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lab.evidence import fit
from lab.experiments.warehouse_bench.judge.median_interval import spread


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


def growth_by_round(timings: pd.DataFrame, stored: Mapping[float, int]) -> pd.DataFrame:
    """The same from each round alone: engine, scale_factor, round, seconds, bytes. timings: of all scale factors."""
    timed = timings[timings["round"] > 0]
    cells = ["engine", "layout", "format", "scale_factor", "query"]
    rounds = [
        growth(found.groupby(cells)["seconds"].median().reset_index(), stored).assign(round=number)
        for number, found in timed.groupby("round")
    ]
    return pd.concat(rounds, ignore_index=True)


def with_ranges(points: pd.DataFrame, rounds: pd.DataFrame) -> pd.DataFrame:
    """points, as `growth` gives, with low and high of the rounds. rounds: as `growth_by_round` gives."""
    found = rounds.groupby(["engine", "scale_factor"])["seconds"]
    seen = {key: spread(values.tolist()) for key, values in found}
    keys = list(zip(points["engine"], points["scale_factor"], strict=True))
    return points.assign(low=[seen[key].low for key in keys], high=[seen[key].high for key in keys])


def by_round(rounds: pd.DataFrame, held_out: float) -> pd.DataFrame:
    """The line that each round alone gives: engine, round, fixed_s, per_byte_s; the constants' spread is taken from them.

    rounds: as `growth_by_round` gives.
    """
    rows = []
    for (engine, number), points in rounds.groupby(["engine", "round"]):
        fitted = line(points, held_out)
        rows.append((engine, number, fitted.fixed_s, fitted.per_byte_s))
    return pd.DataFrame(rows, columns=["engine", "round", "fixed_s", "per_byte_s"])


def line(points: pd.DataFrame, held_out: float) -> Line:
    """The line through one engine's two points; the third, at scale factor `held_out`, is kept to check it.

    points: of one engine, as `growth` gives.
    """
    fits = (points["scale_factor"] != held_out).to_numpy()
    sizes, seconds = points["bytes"].to_numpy(float), points["seconds"].to_numpy(float)
    fitted = fit.line(sizes[fits], seconds[fits])
    (check,), (measured,) = sizes[~fits], seconds[~fits]
    return Line(str(points["engine"].iloc[0]), fitted.fixed, fitted.each, check, measured)
