"""Figures of one run that several places tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from lab.evidence.fit import Line
from lab.evidence.result import Result
from lab.experiments.cdc_lakehouse.criteria import ANYWHERE, CONTROLS
from lab.experiments.cdc_lakehouse.judge import sizes
from lab.experiments.cdc_lakehouse.mechanism import SAFE
from lab.experiments.cdc_lakehouse.params import CALM, Params

TREATMENT = SAFE.name


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

    @property
    def length(self) -> float:
        """s."""
        return self.until - self.at


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

    @property
    def pipeline(self) -> float:
        """s of the median lag at the shortest interval that are not the wait for the sink's turn."""
        return float(self.shortest["p50"] - self.shortest["interval"] / 2)

    @property
    def took(self) -> float:
        """s from a batch's begin until it was visible, at the shortest interval: under load, into a table of `accounts` rows."""
        return float(self.shortest["took"])

    @property
    def accounts(self) -> int:
        """Rows of the table under load, at its end."""
        return int(self.table("snapshots")["rows"].iloc[-1])

    @cached_property
    def by_size(self) -> pd.DataFrame:
        """One row per size of table, see `sizes.fastest`."""
        return sizes.fastest(self.table("sizes"))

    @property
    def fitted_to(self) -> float:
        """Rows of the largest table that the line went through; the largest of all is held out."""
        return float(self.by_size["rows"].iloc[-2])

    @cached_property
    def batch(self) -> Line:
        """s of the fastest batch by rows of its table."""
        return sizes.fitted(self.table("sizes"))

    @cached_property
    def batches(self) -> list[Line]:
        """The same line as it might as well have come out: other rounds drawn."""
        # A table that grows can't make a batch cheaper.
        return [sizes.through(one).rising() for one in sizes.redrawn(self.by_size)]

    def of(self, mode: str, version: int) -> pd.Series:
        """Medians of the table of that mode and format version, of the second size."""
        own = self.table("sizes").query("mode == @mode and version == @version")
        return own[own["rows"] == self.by_size["rows"].iloc[1]].drop(columns="mode").median()

    @property
    def copied(self) -> float:
        """Bytes that copy-on-write wrote for a batch, over those of merge-on-read into a table of the same size."""
        return self.treatment.metric("copied_ratio").value

    @property
    def torn(self) -> tuple[int, int]:
        """Of batches split in mid-transaction: snapshots before the last with a wrong sum, and how many there were."""
        table = self.controls[ANYWHERE].tables["snapshots"].iloc[:-1]
        return int((table["total"] != table["expected"]).sum()), len(table)

    def wrong(self) -> pd.DataFrame:
        """Variant, wrong rows at the end, snapshots with a wrong sum, snapshots."""
        variants = {TREATMENT: self.treatment} | {one.name: self.controls[one.name] for one in CONTROLS}
        return pd.DataFrame(
            {
                "variant": name,
                "wrong rows at the end": int(variant.observed["rows_equal_source"].value),
                "snapshots with a wrong sum": int(variant.observed["sum_at_every_snapshot"].value),
                "snapshots": len(variant.tables["snapshots"]),
            }
            for name, variant in variants.items()
        )


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    return Findings(treatment, controls)
