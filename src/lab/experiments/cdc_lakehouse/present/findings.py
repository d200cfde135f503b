"""Figures of one run that several places tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from lab.evidence.fit import Slope, theil_sen
from lab.evidence.result import Result
from lab.experiments.cdc_lakehouse.criteria import CONTROLS
from lab.experiments.cdc_lakehouse.judge.frames import records
from lab.experiments.cdc_lakehouse.mechanism import SAFE
from lab.experiments.cdc_lakehouse.params import CALM, Params

TREATMENT = SAFE.name
COPY, MERGE = "copy-on-write", "merge-on-read"


@dataclass(frozen=True)
class Outage:
    """Time without a reader of the slot, s since the load began, and the bytes of log retained.

    before: at its begin; kept: what came on top; reloads: how many fell into it; predicted: its length and its reloads, by what
    a second and a reload wrote before any fault.
    """

    at: float
    until: float
    before: float
    kept: float
    reloads: int
    predicted: float


@dataclass(frozen=True)
class Findings:
    """A run, ready to be told."""

    treatment: Result
    controls: Mapping[str, Result]

    @property
    def params(self) -> Params:
        return self.treatment.of(Params)

    def table(self, name: str) -> pd.DataFrame:
        return self.treatment.tables[name]

    @property
    def shortest(self) -> pd.Series:
        """What was seen at the shortest commit interval."""
        return self.table("intervals").iloc[0]

    @property
    def longest(self) -> pd.Series:
        return self.table("intervals").iloc[-1]

    @property
    def calm_s(self) -> float:
        """End of the time before any fault, s since the load began."""
        return CALM * self.params.seconds

    @property
    def worst_lag(self) -> float:
        """Largest lag, s; with kills."""
        return float(self.table("lags")["lag"].max())

    @property
    def change_rate(self) -> float:
        """Row changes/s while load was on."""
        return self.treatment.metric("changes").value / self.params.seconds

    @property
    def log_rate(self) -> float:
        """Bytes/s of the source's write-ahead log, before any fault."""
        calm = self._calm_log
        return float(np.polyfit(calm["seconds"], calm["written"], 1)[0])

    @property
    def _calm_log(self) -> pd.DataFrame:
        log = self.table("log")
        return log[(log["seconds"] > 0) & (log["seconds"] < self.calm_s)]

    @cached_property
    def log_of(self) -> tuple[float, float]:
        """Bytes of log that a second writes without reloads, and a reload on top; by least squares, before any fault.

        The latter is 0 if there was no reload by then.
        """
        calm = self._calm_log
        seconds = calm["seconds"].to_numpy()
        reloads = np.searchsorted(self.table("reloads")["seconds"], seconds)
        terms = np.column_stack([np.ones_like(seconds), seconds, reloads])
        _, second, reload = np.linalg.lstsq(terms, calm["written"].to_numpy(), rcond=None)[0]
        return float(second), float(reload)

    @property
    def outage(self) -> Outage | None:
        """What the slot retained while Connect was dead; None if it was not killed."""
        faults = self.table("faults")
        killed = faults[faults["fault"] == "connect"]
        if killed.empty:
            return None
        log, at = self.table("log"), killed["at"].iloc[-1]
        later = log[log["seconds"] >= at]
        # The slot does not move until its reader is back.
        dead = later[later["confirmed"] == later["confirmed"].iloc[0]]
        first, last = dead.iloc[0], dead.iloc[-1]
        begin, end = float(first["seconds"]), float(last["seconds"])
        reloads = int(self.table("reloads")["seconds"].between(begin, end).sum())
        second, reload = self.log_of
        return Outage(
            begin,
            end,
            float(first["retained"]),
            float(last["retained"] - first["retained"]),
            reloads,
            second * (end - begin) + reload * reloads,
        )

    @property
    def log_behind(self) -> float:
        """Bytes that the slot kept without any fault, at most: `restart_lsn` moves in steps."""
        return float(self._calm_log["retained"].max())

    @cached_property
    def preparing(self) -> Slope:
        """What a change costs before the MERGE: to read, order and reduce it; from parts of different sizes, without load."""
        parts = self.table("reading")
        return theil_sen(parts["changes"], parts["took"])

    @property
    def per_change(self) -> tuple[float, float]:
        """s per change, both ends of the interval."""
        return max(1e-9, self.preparing.low), max(1e-9, self.preparing.high)

    @property
    def limit(self) -> tuple[float, float]:
        """Changes/s at which one driver ends, both ends of the interval."""
        low, high = self.per_change
        return 1 / high, 1 / low

    @property
    def pipeline(self) -> float:
        """s of the median lag at the shortest interval that are not the wait for the sink's turn."""
        return float(self.shortest["p50"] - self.shortest["interval"] / 2)

    @property
    def per_batch(self) -> float:
        """s that a batch of the shortest interval took, under load; its few changes are in it."""
        return float(self.shortest["took"])

    @property
    def per_commit(self) -> float:
        """Files that a commit adds."""
        table = self.table("snapshots")
        live = table[table["operation"] != "compaction"]
        files = live["files"] + live["delete_files"]
        return float((files.iloc[-1] - files.iloc[0]) / max(1, len(live) - 1))

    @property
    def bytes_per_row(self) -> float:
        """Bytes that merge-on-read writes for a changed row, at its largest commit."""
        _, many = self.smallest_and_largest(MERGE)
        return many.written / many.rows

    @property
    def table_bytes(self) -> float:
        """Size of the table, held in files without deletes."""
        return float(self.smallest_and_largest(COPY)[1].held)

    def commits_by_mode(self) -> pd.DataFrame:
        """Commits into both modes' tables, after the one that filled them."""
        table = self.table("modes")
        return table[table["batch"] > 1].drop(columns="batch")

    def smallest_and_largest(self, mode: str) -> tuple[Any, Any]:
        """The commits that changed fewest and most rows."""
        table = self.commits_by_mode()
        found = list(records(table[table["mode"] == mode].sort_values("rows")))
        return found[0], found[-1]

    def wrong(self) -> pd.DataFrame:
        """Arm, wrong rows at the end, snapshots with a wrong sum, snapshots."""
        arms = {TREATMENT: self.treatment} | {one.name: self.controls[one.name] for one in CONTROLS}
        return pd.DataFrame(
            {
                "arm": name,
                "wrong rows at the end": int(arm.observed["rows_equal_source"].value),
                "snapshots with a wrong sum": int(arm.observed["sum_at_every_snapshot"].value),
                "snapshots": len(arm.tables["snapshots"]),
            }
            for name, arm in arms.items()
        )


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment, controls)
