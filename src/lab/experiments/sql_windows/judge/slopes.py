"""Measured against declared growth; pure functions of the timings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab.experiments.sql_windows.criteria import OVERHEAD_LIMIT, SLOPE_LIMIT, SMALL_ROWS
from lab.experiments.sql_windows.mechanism.complexity import Bound
from lab.experiments.sql_windows.mechanism.queries import Query


@dataclass(frozen=True)
class Growth:
    """One query on one engine: declared and measured log-log slope over `sizes`.

    measured: from the least processor time of each size, because a disturbance only ever adds to it.
    lowest: what the slope would be if what was timed less often was disturbed as the least of so few others is.
    highest: what it would be if at the smaller sizes even the least value was disturbed: as far as repeats differ, or, of
    what was timed less often, as so few others are.
    whole: the slope of the medians by the clock, over all sizes, with nothing subtracted.
    """

    engine: str
    query: str
    order: str
    sizes: tuple[int, ...]
    declared: float
    measured: float
    lowest: float
    highest: float
    whole: float

    @property
    def apart(self) -> float:
        """How far measured and declared slope are apart; infinite if there is no slope."""
        return abs(self.measured - self.declared) if np.isfinite(self.measured) else float("inf")

    @property
    def conclusive(self) -> bool:
        """False if there is no slope, or if noise could be all that puts it too far from the declared one."""
        if not np.isfinite(self.measured):
            return False
        nearest = min(max(self.declared, self.lowest), self.highest)
        return self.apart <= SLOPE_LIMIT or abs(nearest - self.declared) > SLOPE_LIMIT


@dataclass(frozen=True)
class WidthSlope:
    """Log-log slope of processor time in a frame's width; of each width the least counts, as for `Growth`.

    value: over all widths, by least squares. steps: from each width to the next; they rise where a fixed cost hides growth,
    so that no interval of the line's residuals applies.
    lowest, highest: what it would be if at the larger, or at the smaller, widths even the least value was disturbed: as far
    as repeats differ, or, of what was timed less often, as so few others are.
    """

    value: float
    lowest: float
    highest: float
    steps: tuple[float, ...]


def slope(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Exponent b of y = a x^b by least squares on logarithms; NaN for fewer than two sizes or a value <= 0."""
    if len(sizes) < 2 or min(values) <= 0:
        return float("nan")
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def growths(timings: pd.DataFrame, queries: Mapping[str, Query]) -> list[Growth]:
    """Measured against declared slope for each query and engine. timings: see `measure.timing`."""
    found = []
    for engine, own in timings.groupby("engine"):
        sizes, noise, rest = sizes_that_count(own), disturbances(own), remainder(own)
        for name, group in own.groupby("query"):
            bound = queries[str(name)].complexity.on(str(engine))
            found.append(_growth(str(engine), str(name), group, sizes, noise, rest, bound))
    return found


def sizes_that_count(timings: pd.DataFrame) -> tuple[int, ...]:
    """One engine's sizes at which the fixed cost is small enough to see growth."""
    least = timings.groupby(["query", "rows"])["processor_s"].min().unstack()
    share = least.rdiv(least[SMALL_ROWS], axis=0).drop(columns=SMALL_ROWS).median()
    return tuple(int(rows) for rows in share.index[share <= OVERHEAD_LIMIT])


def disturbances(timings: pd.DataFrame) -> dict[int, float]:
    """By how often one engine's cells were timed, how far the least of so many may be above the least of more.

    The worst draw of so many from a cell that was timed more often, 90th percentile of such cells; 1 where there is none.
    For one timing that is the largest against the least.
    """
    cells = [sorted(values) for _, values in timings.groupby(["query", "rows"])["processor_s"]]
    found = {}
    for often in {len(values) for values in cells}:
        more = [values[-often] / values[0] for values in cells if len(values) > often]
        found[often] = float(np.quantile(more, 0.9)) if more else 1.0
    return found


def remainder(timings: pd.DataFrame) -> float:
    """By which factor one engine's least timing is still disturbed: what the second least is above it, median."""
    cells = timings.groupby(["query", "rows"])["processor_s"].apply(sorted)
    gaps = [values[1] / values[0] for values in cells if len(values) > 1]
    return float(np.median(gaps)) if gaps else 1.0


def _growth(
    engine: str,
    name: str,
    group: pd.DataFrame,
    sizes: tuple[int, ...],
    noise: Mapping[int, float],
    rest: float,
    bound: Bound,
) -> Growth:
    cells = group.groupby("rows")["processor_s"].agg(["min", "size"])
    fixed = cells["min"][SMALL_ROWS]
    few = cells["size"].map(noise)
    fewest = cells["min"] / few
    undisturbed = cells["min"] / few.clip(lower=rest)
    middle = np.sqrt(sizes[0] * sizes[-1]) if sizes else 0.0
    medians = group.groupby("rows")["seconds"].median().drop(SMALL_ROWS)
    return Growth(
        engine,
        name,
        bound.order,
        sizes,
        slope(sizes, [bound.work(rows) - bound.work(SMALL_ROWS) for rows in sizes]),
        slope(sizes, [cells["min"][rows] - fixed for rows in sizes]),
        slope(sizes, [fewest[rows] - fixed for rows in sizes]),
        slope(sizes, [(undisturbed if rows < middle else cells["min"])[rows] - fixed for rows in sizes]),
        slope(medians.index.to_list(), medians.to_list()),
    )


def width_slopes(timings: pd.DataFrame) -> dict[tuple[str, str], WidthSlope]:
    """By engine and aggregate. timings: see `measure.timing`."""
    found = {}
    for engine, own in timings.rename(columns={"aggregate": "query", "width": "rows"}).groupby("engine"):
        noise, rest = disturbances(own), remainder(own)
        for name, group in own.groupby("query"):
            found[str(engine), str(name)] = _width_slope(group, noise, rest)
    return found


def _width_slope(group: pd.DataFrame, noise: Mapping[int, float], rest: float) -> WidthSlope:
    cells = group.groupby("rows")["processor_s"].agg(["min", "size"])
    widths, least = [float(width) for width in cells.index], cells["min"]
    middle = np.sqrt(widths[0] * widths[-1])
    undisturbed = least / cells["size"].map(noise).clip(lower=rest)
    wide = least.where(cells.index <= middle, undisturbed)
    narrow = least.where(cells.index >= middle, undisturbed)
    return WidthSlope(
        slope(widths, least.to_list()),
        slope(widths, wide.to_list()),
        slope(widths, narrow.to_list()),
        tuple(slope(widths[at : at + 2], least.to_list()[at : at + 2]) for at in range(len(widths) - 1)),
    )
