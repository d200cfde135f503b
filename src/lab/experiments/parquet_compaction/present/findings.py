"""What a run shows, in the few figures that its pictures, its law and its summary speak of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from lab.evidence.result import Result
from lab.experiments.parquet_compaction.judge.compaction_frequency import (
    FrequencyLaw,
    frequency_law,
    held_rung,
    resampled,
    without_held,
)
from lab.experiments.parquet_compaction.judge.cost_model import fitted_cells, model_of
from lab.experiments.parquet_compaction.judge.metadata_cost import PAGE, MetadataCost, list_s, metadata_cost
from lab.experiments.parquet_compaction.judge.query_times import averages
from lab.experiments.parquet_compaction.measure.query_times import DISK, STORE
from lab.experiments.parquet_compaction.mechanism.cost_model import Model, fit
from lab.experiments.parquet_compaction.params import Params

RESAMPLES = 400
LEAST_BYTES = 1e6  # of a file: below that, footer and row groups weigh more than rows
OPENING_SHARE = 0.1  # of a query's time that opening files may take, beside reading them
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
        return model_of(self.tables["cells"], STORE)

    @cached_property
    def disk(self) -> Model:
        """The cost model on the local disk."""
        return model_of(self.tables["cells"], DISK)

    @cached_property
    def frequency_law(self) -> FrequencyLaw:
        """What a micro-batch costs at each frequency of compaction; fitted without the held-out one."""
        return frequency_law(without_held(self.rungs))

    @cached_property
    def frequency_laws(self) -> list[FrequencyLaw]:
        """The same as it might as well have come out."""
        looks, compactions = self.tables["looks"], self.tables["compactions"]
        drawn = resampled(self.rungs, looks, compactions, self.params.queries_per_batch)
        return [frequency_law(without_held(table)) for table in drawn]

    def every(self, queries: float) -> tuple[float, tuple[float, float]]:
        """The law's best frequency at `queries` per micro-batch, and its 95 % interval."""
        low, high = _ends([each.best(queries) for each in self.frequency_laws])
        return self.frequency_law.best(queries), (low, high)

    @property
    def advised(self) -> str:
        """The law's best frequency at the load measured, with its interval, in words."""
        best, (low, high) = self.every(self.params.queries_per_batch)
        if not math.isfinite(best):
            return "not at all"
        return f"every {best:.0f} micro-batches or so (95 % interval {low:.1f} to {high:.1f})"

    @cached_property
    def commit(self) -> MetadataCost:
        """The law of a commit."""
        return metadata_cost(self.tables["planned"], "commit")

    @cached_property
    def plan(self) -> MetadataCost:
        """The law of a plan."""
        return metadata_cost(self.tables["planned"], "plan")

    def listing(self, files: float) -> tuple[float, tuple[float, float]]:
        """Seconds to list `files`, one full answer after the other; the least and the most that was measured."""
        pages, single = math.ceil(files / PAGE), list_s(self.tables["planned"])
        return pages * float(np.median(single)), (pages * min(single), pages * max(single))

    @property
    def load(self) -> str:
        """The query rate of the ladder, in words."""
        queries = self.params.queries_per_batch
        return f"{queries:g} {'query' if queries == 1 else 'queries'} per micro-batch"

    @property
    def file_bytes(self) -> float:
        """Size of file from which opening takes at most `OPENING_SHARE` of the time."""
        return _file_bytes(self.model)

    @cached_property
    def file_bytes_interval(self) -> tuple[float, float]:
        """95 % interval of `file_bytes`: the model fitted anew on resampled cells."""
        cells, random = fitted_cells(self.tables["cells"], STORE), np.random.default_rng(0)
        draws = [cells.iloc[random.integers(0, len(cells), len(cells))] for _ in range(RESAMPLES)]
        fits = [fit(draw["files"], draw["bytes"], draw["seconds"]) for draw in draws]
        return _ends([_file_bytes(each) for each in fits])

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
    def best(self) -> Any:
        """The layout that reads least once compacted."""
        return self.layouts.set_index("layout", drop=False).loc[self.reading.idxmin()]

    @property
    def least(self) -> Any:
        """The layout that gains least from compaction."""
        return self.layouts.loc[self.layouts["ratio"].idxmin()]

    @property
    def most(self) -> Any:
        """The layout that gains most from compaction."""
        return self.layouts.loc[self.layouts["ratio"].idxmax()]

    @property
    def rungs(self) -> pd.DataFrame:
        """The ladder of frequencies."""
        return self.tables["frequency"]

    @property
    def held(self) -> int:
        """The frequency that the law was not fitted on."""
        return held_rung(self.rungs["every"].tolist())

    @property
    def rung(self) -> Any:
        """The frequency with the least total of query time and compaction: what is recommended."""
        return self.rungs.loc[self.rungs["total_s"].idxmin()]

    @property
    def near(self) -> str:
        """The frequencies that noise does not let tell from the recommended one, in words; empty if there is none."""
        rungs, best = self.rungs, self.rung
        alike = rungs[(rungs["total_s_low"] <= best.total_s_high) & (rungs["every"] != best.every)]
        return ", ".join(str(every) for every in alike["every"])

    def size(self, place: str, most: bool) -> Any:
        """The full scan of the log in the fewest or the most files, one row of `sizes`."""
        rows = self.tables["sizes"].query("place == @place")
        return rows.loc[rows["files"].idxmax() if most else rows["files"].idxmin()]

    def slowdown(self, place: str) -> float:
        """How many times as long the same rows take in the most files as in the fewest."""
        return float(self.size(place, most=True).seconds / self.size(place, most=False).seconds)

    def gain(self, place: str) -> float:
        """Average query time before compaction over that after it, over all layouts."""
        means = averages(self.tables["cells"]).query("place == @place")
        return float(means["before"].mean() / means["after"].mean())

    def read(self, query: str, layout: str, state: str = "after") -> float:
        """Bytes that a query reads over the link."""
        cells = self.tables["cells"]
        chosen = (cells["query"] == query) & (cells["layout"] == layout) & (cells["state"] == state)
        return float(cells[chosen & (cells["place"] == STORE)]["bytes"].iloc[0])


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """2.5 and 97.5 % of the values, by rank: some may be infinite."""
    ranked = sorted(values)
    return ranked[int(0.025 * len(ranked))], ranked[int(0.975 * len(ranked))]


def _file_bytes(model: Model) -> float:
    return max(LEAST_BYTES, (1 / OPENING_SHARE - 1) * model.open_s * model.bandwidth)


def findings(treatment: Result, controls: Mapping[str, Result]) -> Findings:
    """Treatment and control side by side."""
    return Findings(treatment.of(Params), treatment.tables, controls[CONTROL].tables["layouts"])
