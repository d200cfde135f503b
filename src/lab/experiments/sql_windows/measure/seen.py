"""What one run gives, before anything is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lab.experiments.sql_windows.measure.sort_memory import Spill
from lab.experiments.sql_windows.measure.speedups import Speedups


@dataclass(frozen=True)
class Cdnow:
    """summaries: rows of rfm_percentiles by engine; published: see `workload.cdnow`; retention: by cohort."""

    summaries: Mapping[str, Sequence[tuple[Any, ...]]]
    published: pd.DataFrame
    retention: pd.DataFrame


@dataclass(frozen=True)
class Seen:
    """Everything that was measured in one run; see the functions of Session that return each of them."""

    documented: pd.DataFrame
    fresh: pd.DataFrame
    cdnow: Cdnow
    sliding: pd.DataFrame
    timings: pd.DataFrame
    spill: Spill
    speedups: Speedups
    fetching: Mapping[str, float]
    plan: pd.DataFrame
