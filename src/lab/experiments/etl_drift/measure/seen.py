"""What the measurements of one arm give, before anything is judged; a part that was not measured is None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lab.experiments.etl_drift.oracle import Difference


@dataclass(frozen=True)
class Story:
    """A source's deliveries.

    steps: change, first answer of the load, status in the end, columns accepted, asked, unmapped, of the table, seconds.
    lost: against the replay. rerun: against the table before. other_missing: rows of the second source that are not there.
    log: the migration log. columns: of the table, by PostgreSQL and by the log.
    """

    steps: pd.DataFrame
    lost: Difference
    rerun: Difference
    other_missing: int
    log: pd.DataFrame
    columns: tuple[Mapping[str, str], Mapping[str, str]]


@dataclass(frozen=True)
class KitRun:
    """The kit's tests elsewhere. covered: (lines that ran, lines) by file."""

    passed: int
    not_passed: int
    covered: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Seen:
    """census: a row for each case and column of the target: outcome, confidence, reason.

    pair: the same of the real pair; clock: by table the share of rows whose hour and minute are those of the departure, and of
    the schedule. tried: outcomes by shared rows and threshold. kills: by stage what was found. locks: seconds of each
    change by rows. waits: a reader's longest wait by way of changing a type. matchers, dlt: the rivals.
    """

    census: pd.DataFrame | None = None
    pair: pd.DataFrame | None = None
    clock: Mapping[str, Mapping[str, float]] | None = None
    tried: pd.DataFrame | None = None
    story: Story | None = None
    kills: pd.DataFrame | None = None
    locks: pd.DataFrame | None = None
    waits: pd.DataFrame | None = None
    tests: KitRun | None = None
    matchers: pd.DataFrame | None = None
    dlt: pd.DataFrame | None = None
