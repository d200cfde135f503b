"""What a run shows, in the few figures that its pictures, its model and its summary speak of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from lab.evidence.fit import resampled
from lab.evidence.result import Result
from lab.evidence.statistics import Interval
from lab.experiments.parquet_compaction.judge import compaction_interval
from lab.experiments.parquet_compaction.judge.compaction_interval import (
    IntervalModel,
    fitted_intervals,
    interval_model,
)
from lab.experiments.parquet_compaction.judge.cost_model import fitted, model_of
from lab.experiments.parquet_compaction.judge.query_times import averages
from lab.experiments.parquet_compaction.measure.query_times import DISK, STORE
from lab.experiments.parquet_compaction.mechanism.cost_model import Model, fit
from lab.experiments.parquet_compaction.params import Params

CONTROL = "over-partitioned"


@dataclass(frozen=True)
class Findings:
    """Tables of the treatment; control: its rows of `layouts`."""

    params: Params
    tables: Mapping[str, pd.DataFrame]
    control: pd.DataFrame

    @cached_property
    def model(self) -> Model:
        """The cost model over the link."""
        return model_of(self.tables["cells"], self.tables["sizes"])

    @cached_property
    def disk(self) -> Model:
        """The cost model on the local disk."""
        return model_of(self.tables["cells"], place=DISK)

    @property
    def file_bytes(self) -> float:
        """Size of file of which opening takes at most `tolerance` of the time, by the model."""
        return self.model.file_bytes(self.params.tolerance)

    @cached_property
    def file_bytes_interval(self) -> Interval:
        """95 % interval of `file_bytes`, the model fitted anew on resampled points; infinite where bytes seem free."""
        points = (
            fitted(self.tables["cells"], self.tables["sizes"])[["files", "bytes", "seconds"]]
            .to_numpy()
            .tolist()
        )
        return _ends(resampled([points], self._refitted))

    def _refitted(self, points: list[list[float]]) -> float:
        return fit(*zip(*points, strict=True)).file_bytes(self.params.tolerance)

    @cached_property
    def scans(self) -> pd.DataFrame:
        """The large scan in each size of file, the smallest files first."""
        rows = self.tables["sizes"]
        return rows[rows["whole"]].sort_values("file_bytes", ignore_index=True)

    @property
    def scan_bytes(self) -> float:
        """Bytes of the large scan."""
        return float((self.scans["files"] * self.scans["file_bytes"]).median())

    @property
    def good_scan(self) -> Any:
        """The smallest files of which they and all larger ones are scanned within `tolerance` of the quickest."""
        near = self.scans["seconds"] <= (1 + self.params.tolerance) * self.scans["seconds"].min()
        return self.scans.loc[
            len(near) - int(near[::-1].cumprod().sum()) if near.iloc[-1] else near[near].index[-1]
        ]

    @property
    def smallest_scan(self) -> Any:
        """The large scan in the smallest files."""
        return self.scans.iloc[0]

    @property
    def slowdown(self) -> float:
        """How many times as long the large scan takes in the smallest files as in the quickest."""
        return float(self.smallest_scan.seconds / self.scans["seconds"].min())

    def visits(self, visit: str) -> Any:
        """Medians of trips, files and seconds of one visit, by caches as they ship."""
        rows = self.tables["visits"]
        return rows[rows["visit"] == visit][["trips", "files", "seconds"]].median()

    @property
    def trips(self) -> float:
        """Round trips for each file that a cold full scan of many files opens: requests and handshakes of its files."""
        return float(self.visits("first").trips / self.visits("first").files)

    @cached_property
    def interval_model(self) -> IntervalModel:
        """What a micro-batch costs at each compaction interval; fitted without the held-out one."""
        return interval_model(fitted_intervals(self.intervals))

    @cached_property
    def optimum(self) -> tuple[float, Interval]:
        """The model's best interval at the load measured, and its 95 % interval."""
        queries = self.params.queries_per_batch
        drawn = compaction_interval.resampled(
            self.intervals, self.tables["looks"], self.tables["compactions"], queries
        )
        models = [interval_model(fitted_intervals(table)) for table in drawn]
        return self.interval_model.best(queries), _ends([each.best(queries) for each in models])

    @property
    def load(self) -> str:
        """The query rate of the run, in words."""
        queries = self.params.queries_per_batch
        return f"{queries:g} {'query' if queries == 1 else 'queries'} per micro-batch"

    @property
    def intervals(self) -> pd.DataFrame:
        """What was measured at each compaction interval."""
        return self.tables["intervals"]

    @property
    def best_interval(self) -> Any:
        """The compaction interval with the least total of query time and compaction."""
        return self.intervals.loc[self.intervals["total_s"].idxmin()]

    @property
    def good_intervals(self) -> list[int]:
        """Around the best: those within `tolerance` of its total, or not distinguishable from it; no worse one between."""
        best, rows = self.best_interval, self.intervals
        near = rows["total_s"] <= (1 + self.params.tolerance) * best.total_s
        near |= rows["total_s_low"] <= best.total_s_high
        stretch = (~near).cumsum()
        return rows.loc[near & (stretch == stretch[rows["total_s"].idxmin()]), "every"].tolist()

    @property
    def poor_intervals(self) -> list[int]:
        """All others."""
        return [every for every in self.intervals["every"] if every not in self.good_intervals]

    @property
    def layouts(self) -> pd.DataFrame:
        """One row per layout of the treatment, with ratio: average query time before over after."""
        rows = self.tables["layouts"]
        return rows.assign(ratio=rows["seconds_before"] / rows["seconds_after"])

    @property
    def reading(self) -> pd.Series:
        """What each layout reads once compacted, as a multiple of the least that any layout reads for the same query.

        The mean over the queries. Bytes are counted, so unlike times they do not rank layouts by chance.
        """
        cells = self.tables["cells"].query("place == @STORE and state == 'after'")
        read = cells.pivot(index="layout", columns="query", values="bytes")
        return (read / read.min()).mean(axis=1)

    @property
    def least(self) -> Any:
        """The layout that gains least from compaction."""
        return self.layouts.loc[self.layouts["ratio"].idxmin()]

    @property
    def most(self) -> Any:
        """The layout that gains most from compaction."""
        return self.layouts.loc[self.layouts["ratio"].idxmax()]

    def gain(self, place: str) -> float:
        """Average query time before compaction over that after it, over all layouts."""
        means = averages(self.tables["cells"]).query("place == @place")
        return float(means["before"].mean() / means["after"].mean())

    def read(self, query: str, layout: str, state: str = "after") -> float:
        """Bytes that a query reads over the link."""
        cells = self.tables["cells"]
        chosen = (cells["query"] == query) & (cells["layout"] == layout) & (cells["state"] == state)
        return float(cells[chosen & (cells["place"] == STORE)]["bytes"].iloc[0])


def _ends(values: Sequence[float]) -> Interval:
    """2.5 and 97.5 % of the values, by rank: some may be infinite."""
    ranked = sorted(values)
    return ranked[int(0.025 * len(ranked))], ranked[int(0.975 * len(ranked))]


def megabytes(size: float, ends: Interval) -> str:
    """A size of file with its 95 % interval in MB, which may have no upper end."""
    low, high = (end / 1e6 for end in ends)
    if not math.isfinite(high):
        return f"{low:,.0f} MB or more, not bounded above by this run"
    return f"{size / 1e6:,.0f} MB (95 % interval {low:,.0f} to {high:,.0f})"


def span(values: Sequence[int]) -> str:
    """Intervals in words: every 3, or from every 3 to every 15."""
    low, high = min(values), max(values)
    return f"every {low}" if low == high else f"every {low} to every {high}"


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    """Treatment and control side by side."""
    return Findings(treatment.of(Params), treatment.tables, controls[CONTROL].tables["layouts"])
