"""What a query uses, and what it costs as a multiple: on one machine the price cancels out."""

from __future__ import annotations

import pandas as pd

from lab.experiments.warehouse_bench.judge.median_interval import Spread, spread
from lab.experiments.warehouse_bench.mechanism.dataset import PARQUET

GROUP = ["engine", "format"]
USED = ["seconds", "cpu_s", "read_bytes"]


def by_round(timings: pd.DataFrame) -> pd.DataFrame:
    """What the mean query uses, from each round alone: engine, format, round by the columns of USED.

    timings: of one scale factor. A plain mean, not a geometric one, because bills add up.
    """
    timed = timings[timings["round"] > 0]
    medians = timed.groupby([*GROUP, "query", "round"])[USED].median()
    return medians.groupby(level=[*GROUP, "round"]).mean()


def table(timings: pd.DataFrame) -> pd.DataFrame:
    """One row for each engine and format: engine, format, USED, and the cost as a multiple: busy, busy_low, busy_high.

    busy: processor time, what a query costs on a machine that is never idle, against the cheapest engine over plain Parquet.
    """
    rounds = by_round(timings)
    found = rounds.groupby(level=GROUP, sort=False).median()
    seen = _multiples(rounds["cpu_s"].unstack("round").reindex(found.index))
    for name, value in (("busy", "median"), ("busy_low", "low"), ("busy_high", "high")):
        found[name] = [getattr(one, value) for one in seen]
    return found.reset_index()


def _multiples(wide: pd.DataFrame) -> list[Spread]:
    """wide: engine and format by round."""
    plain = [key for key in wide.index if key[1] == PARQUET]
    usual = wide.median(axis=1).to_dict()
    relative = wide / wide.loc[min(plain, key=usual.__getitem__)]
    return [spread(row.dropna().tolist()) for _, row in relative.iterrows()]
