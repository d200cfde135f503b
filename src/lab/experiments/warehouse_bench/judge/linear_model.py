"""The model a + b x bytes for each engine, fitted to the smaller sizes, held against the largest.

Of a size's rounds the median counts. The fastest is less disturbed, but says less of itself: drawn rounds hold the very
fastest in two of three draws only, and a bootstrap of a minimum is no interval (Bickel and Freedman, 1981).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.evidence import fit
from lab.evidence.statistics import Interval
from lab.experiments.warehouse_bench.mechanism.dataset import PARQUET

METHOD = f"bootstrap of the rounds, {fit.RESAMPLES} draws, 95 %"


@dataclass(frozen=True)
class Line:
    """Seconds of the mean query in the median round = fixed_s + per_byte_s x bytes of the tables.

    held_out_bytes, held_out_s: the largest size, which the fit did not use. draw: 0 for all rounds, else for as many drawn
    with replacement.
    """

    engine: str
    draw: int
    fixed_s: float
    per_byte_s: float
    held_out_bytes: float
    held_out_s: float

    def at(self, size: float) -> float:
        """Seconds for `size` bytes."""
        return self.fixed_s + self.per_byte_s * size

    @property
    def error(self) -> float:
        """Relative error of the prediction at the held-out size."""
        return self.at(self.held_out_bytes) / self.held_out_s - 1


@dataclass(frozen=True)
class Growth:
    """An engine's line through the medians of the rounds, and those through the medians of drawn rounds."""

    line: Line
    draws: Sequence[Line]

    def at(self, size: float) -> Interval:
        """Between which seconds the query over `size` bytes lies."""
        return fit.percentile_interval([line.at(size) for line in self.draws])

    @property
    def error(self) -> Interval:
        return fit.percentile_interval([abs(line.error) for line in self.draws])


def growth_by_round(
    timings: pd.DataFrame, queries: Sequence[str], stored: Mapping[float, int]
) -> pd.DataFrame:
    """engine, scale_factor, round, seconds (of the mean query over plain Parquet), bytes (of the tables).

    timings: of all scale factors. queries: those that were run at each.
    """
    plain = timings[(timings["format"] == PARQUET) & timings["query"].isin(queries) & (timings["round"] > 0)]
    cells = plain.groupby(["engine", "scale_factor", "round", "query"])["seconds"].median()
    found = cells.groupby(level=[0, 1, 2]).mean().reset_index()
    return found.assign(bytes=found["scale_factor"].map(stored))


def growth(rounds: pd.DataFrame) -> pd.DataFrame:
    """engine, scale_factor, bytes, seconds (median of the rounds), fastest, slowest. rounds: as `growth_by_round` gives."""
    by_size = rounds.groupby(["engine", "scale_factor", "bytes"], as_index=False)
    return by_size.agg(seconds=("seconds", "median"), fastest=("seconds", "min"), slowest=("seconds", "max"))


def lines(rounds: pd.DataFrame) -> list[Line]:
    """Each engine's line through the medians of the rounds, and of drawn rounds, the same for all engines.

    rounds: as `growth_by_round` gives.
    """
    wide = rounds.pivot(index="round", columns=["engine", "bytes"], values="seconds").dropna()
    drawn = np.random.default_rng(0).integers(0, len(wide), (fit.RESAMPLES, len(wide)))
    chosen = [np.arange(len(wide)), *drawn]
    medians = np.array([np.median(wide.to_numpy()[places], axis=0) for places in chosen])
    engines = wide.columns.get_level_values("engine")
    return [
        _line(str(engine), draw, wide.columns[engines == engine], row[engines == engine])
        for engine in engines.unique()
        for draw, row in enumerate(medians)
    ]


def _line(engine: str, draw: int, columns: pd.MultiIndex, seconds: np.ndarray) -> Line:
    sizes = columns.get_level_values("bytes").to_numpy(float)
    order = np.argsort(sizes)
    sizes, seconds = sizes[order], seconds[order]
    fitted = fit.line(sizes[:-1], seconds[:-1])
    return Line(engine, draw, fitted.fixed, fitted.each, float(sizes[-1]), float(seconds[-1]))


def by_engine(found: Sequence[Line]) -> dict[str, Growth]:
    """found: as `lines` gives."""
    return {
        line.engine: Growth(line, [one for one in found if one.engine == line.engine and one.draw])
        for line in found
        if not line.draw
    }


def slopes_to(found: Mapping[str, Growth], single: str) -> dict[str, tuple[float, Interval]]:
    """How many times as long a byte takes as on the engine `single`, by the other engines, with the interval of the draws."""
    least = found[single]
    return {
        name: (
            own.line.per_byte_s / least.line.per_byte_s,
            fit.percentile_interval(
                [one.per_byte_s / other.per_byte_s for one, other in zip(own.draws, least.draws, strict=True)]
            ),
        )
        for name, own in found.items()
        if name != single
    }
