"""What one run showed, before anything is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Named:
    """One violated expectation as the gate told it. rows: sampled ones; wrong: those of them that do not fail, by the oracle."""

    name: str
    rows: int
    wrong: int
    told: bool  # type and column stand in the error
    needs_rows: bool  # it is about rows, so some must be shown


@dataclass(frozen=True)
class Delivery:
    """One file that came in.

    due: names of the expectations that it violates, by the oracle. arrived, repaired: rows of the file and of its
    repair. in_mart, after: its rows in the mart, before and after the repair. equal, equal_after: they are the
    file's. untouched: quarantine has its bytes; released: quarantine no longer has it. report: largest error of the
    day's report, None without rows.
    """

    name: str
    kind: str
    due: tuple[str, ...]
    accepted: bool
    named: tuple[Named, ...]
    error: str
    arrived: int
    in_mart: int
    equal: bool
    untouched: bool
    repaired: int
    after: int
    equal_after: bool
    released: bool
    report: float | None


@dataclass(frozen=True)
class Seen:
    """rates: a row for each batch, arm and margin, with how many expectations (and columns) it violates.

    verdicts: batches that both judged: kind, size, expectations, differing. deliveries: of the pipeline.
    expectations: of the first suite. sides, calibration: bounds of a suite, and batches that they come from, shuffle by shuffle.
    docs: pages by file name.
    """

    deliveries: Sequence[Delivery]
    rates: pd.DataFrame | None = None
    verdicts: pd.DataFrame | None = None
    expectations: Sequence[tuple[str, str, str]] = ()
    sides: Sequence[int] = ()
    calibration: int = 0
    docs: Mapping[str, str] | None = None
