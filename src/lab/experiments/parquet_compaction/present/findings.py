"""What a run shows, in the few figures that its pictures, its model and its summary speak of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from lab.evidence.fit import resampled
from lab.evidence.result import Result
from lab.evidence.statistics import Interval
from lab.experiments.parquet_compaction.judge import compaction_interval
from lab.experiments.parquet_compaction.judge.cost_model import fitted_scans, model_of, scan_model
from lab.experiments.parquet_compaction.judge.query_times import averages
from lab.experiments.parquet_compaction.measure.query_times import DISK, STORE
from lab.experiments.parquet_compaction.mechanism.cost_model import Model, fit
from lab.experiments.parquet_compaction.params import Params
from lab.experiments.parquet_compaction.workload.event_log import FULL_SCAN

CONTROL = "over-partitioned"


@dataclass(frozen=True)
class Findings:
    """Tables of the treatment; control: its rows of `layouts`; round_trip_ms: as measured at the link, not as stated."""

    params: Params
    tables: Mapping[str, pd.DataFrame]
    control: pd.DataFrame
    round_trip_ms: float

    @cached_property
    def model(self) -> Model:
        """The cost model of full scans over the link."""
        return scan_model(self.tables["cells"], self.tables["sizes"])

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
        """95 % interval of `file_bytes`, the model fitted anew on points resampled within each state; infinite where bytes
        seem free.
        """
        rows = fitted_scans(self.tables["cells"], self.tables["sizes"]).groupby("state")
        points = [own[["files", "bytes", "seconds"]].to_numpy().tolist() for _, own in rows]
        return _ends(resampled(points, self._refitted))

    def _refitted(self, points: list[list[float]]) -> float:
        return fit(*zip(*points, strict=True)).file_bytes(self.params.tolerance)

    @property
    def scans(self) -> pd.DataFrame:
        """The large scan in each size of file, the smallest files first; times: as long as the quickest."""
        rows = self.tables["sizes"]
        rows = rows[rows["whole"]].sort_values("file_bytes", ignore_index=True)
        return rows.assign(times=rows["seconds"] / rows["seconds"].min())

    @property
    def scan_bytes(self) -> float:
        """Bytes of the large scan."""
        return float((self.scans["files"] * self.scans["file_bytes"]).iloc[-1])

    @property
    def open_bytes(self) -> float:
        """Bytes that take as long as opening a file."""
        return self.model.open_s * self.model.bandwidth

    @property
    def told_sizes(self) -> list[str]:
        """MB of the files that were tried, in words."""
        return [
            f"{size / 1e6:.2g}" if size < 1e7 else f"{size / 1e6:.0f}" for size in self.scans["file_bytes"]
        ]

    @property
    def told_scans(self) -> str:
        """The large scan's seconds in words, the smallest files first."""
        return f"{listed(f'{took:.2f}' for took in self.scans['seconds'])} s in files of {listed(self.told_sizes)} MB"

    @property
    def handshakes(self) -> float:
        """New connections for each file that a cold full scan opens, median over the layouts before compaction."""
        return self._for_each_file("connections")

    @property
    def trips(self) -> float:
        """Requests and handshakes for each such file."""
        return self._for_each_file("requests") + self.handshakes

    def _for_each_file(self, name: str) -> float:
        rows = self.tables["timings"]
        rows = rows[(rows["place"] == STORE) & (rows["query"] == FULL_SCAN) & (rows["state"] == "before")]
        return float((rows[name] / rows["files"]).median())

    def visits(self, visit: str) -> Any:
        """Medians of trips, files and seconds of one visit, by caches as they ship."""
        rows = self.tables["visits"]
        return rows[rows["visit"] == visit][["trips", "files", "seconds"]].median()

    def best_at(self, times: float) -> tuple[int, int]:
        """Of the intervals tried the one with the least total at so many times the queries: 95 % interval, by resampling."""
        query, compaction = compaction_interval.resampled(
            self.intervals, self.tables["looks"], self.tables["compactions"]
        )
        total = times * self.params.queries_per_batch * query + compaction
        every = self.intervals["every"].to_numpy()
        low, high = _ends(every[total.argmin(axis=0)].tolist())
        return int(low), int(high)

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
        cells = self.tables["cells"]
        cells = cells[(cells["place"] == STORE) & (cells["state"] == "after")]
        read = cells.pivot(index="layout", columns="query", values="bytes")
        return (read / read.min()).mean(axis=1)

    def gain(self, place: str) -> float:
        """Average query time before compaction over that after it, over all layouts."""
        means = averages(self.tables["cells"])
        means = means[means["place"] == place]
        return float(means["before"].mean() / means["after"].mean())


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


def listed(words: Iterable[str]) -> str:
    """1, 2 and 3."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def span(values: Sequence[int]) -> str:
    """Intervals in words: 3, or anything from 3 to 15."""
    low, high = min(values), max(values)
    return f"{low}" if low == high else f"anything from {low} to {high}"


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    """Treatment and control side by side."""
    params = treatment.of(Params)
    measured = [metric.value for metric in treatment.metrics if metric.name == "round_trip"]
    control = controls[CONTROL].tables["layouts"]
    return Findings(params, treatment.tables, control, *(measured or [params.rtt_ms]))
