"""The steps of a run that need engines, in the order in which they are done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lab.experiments.sql_windows import oracle
from lab.experiments.sql_windows.criteria import SMALL_ROWS
from lab.experiments.sql_windows.measure import rows, sort_memory, speedups
from lab.experiments.sql_windows.measure.engines import ENGINES, Bench
from lab.experiments.sql_windows.measure.seen import Cdnow
from lab.experiments.sql_windows.measure.timing import (
    SLIDING,
    Plan,
    fetch_seconds,
    seconds,
    timings,
    width_timings,
)
from lab.experiments.sql_windows.mechanism.queries import Query
from lab.experiments.sql_windows.params import Params
from lab.experiments.sql_windows.workload import cdnow, sample
from lab.experiments.sql_windows.workload.purchases import transactions

CDNOW, SAMPLE = "cdnow", "sample"


@dataclass
class Session:
    """One run's engines, parameters and queries."""

    params: Params
    bench: Bench
    queries: Mapping[str, Query]

    def rows_on_new_data(self) -> pd.DataFrame:
        """Differences from the oracle on purchases of this run's seed."""
        data = self._load(self.params.sizes[0])
        expected = {name: oracle.answer(name, data, query.params) for name, query in self.queries.items()}
        return rows.differences(self.bench, str(self.params.sizes[0]), self.queries, expected)

    def rows_of_the_sample(self) -> pd.DataFrame:
        """Differences from the documented rows."""
        self.bench.load(SAMPLE, sample.purchases())
        expected = {name: sample.documented(name) for name in self.queries}
        return rows.differences(self.bench, SAMPLE, self.queries, expected)

    def load_the_others(self) -> pd.DataFrame:
        """Load every size that is not there yet; returns the purchases of the top size."""
        for size in (SMALL_ROWS, *self.params.sizes[1:-1]):
            self._load(size)
        return self._load(self.params.top)

    def timings(self) -> pd.DataFrame:
        """Every timing of every query, engine and size."""
        params = self.params
        sizes = (SMALL_ROWS, *params.sizes)
        return timings(
            self.bench, Plan(self.queries, sizes, params.repeats, params.cell_seconds, params.seed)
        )

    def fetching(self) -> dict[str, float]:
        """Seconds to hand over the running total's rows at the middle size, by engine."""
        query, table = self.queries["running_total"], str(self.params.middle)
        return {engine: fetch_seconds(self.bench.connection(engine, table), query) for engine in ENGINES}

    def plan(self) -> pd.DataFrame:
        """PostgreSQL's plan of the session summary at the middle size, as run: one row per line."""
        connection = self.bench.connection("PostgreSQL", str(self.params.middle))
        options = "ANALYZE, BUFFERS, COSTS OFF"
        return pd.DataFrame(
            {"line": sort_memory.explain(connection, self.queries["session_summary"], options)}
        )

    def sliding(self) -> pd.DataFrame:
        """Time against the width of the frame."""
        params = self.params
        self.bench.load(SLIDING, self._purchases(params.sliding_rows))
        return width_timings(
            self.bench, self.queries["sliding_max"], params.widths, params.repeats, params.cell_seconds
        )

    def cdnow(self) -> Cdnow:
        """Every engine's summary of CDNOW's customers, the published one, and retention by cohort."""
        self.bench.load(CDNOW, cdnow.purchases())
        columns = ["cohort", "months_after", "customers", "cohort_size", "retention"]
        cohorts = self.queries["retention_cohorts"].rows(self.bench.connection("PostgreSQL", CDNOW))
        summaries = {engine: self._cdnow_rfm(engine) for engine in ENGINES}
        return Cdnow(summaries, cdnow.published(), pd.DataFrame(cohorts, columns=columns))

    def _cdnow_rfm(self, engine: str) -> list[tuple]:
        query = self.queries["rfm_percentiles"]
        return query.rows(self.bench.connection(engine, CDNOW), as_of_day=cdnow.LAST_DAY)

    def spill(self) -> sort_memory.Spill:
        """Predict the size at which PostgreSQL's sort spills, then find it."""
        allowed = self.params.work_mem_mb
        rows_per_byte = sort_memory.FIT_ROWS / self._fit().bytes
        predicted = int(allowed * sort_memory.MIB * rows_per_byte)
        self.bench.load(sort_memory.TABLE, self._purchases(2 * predicted), ("PostgreSQL",))
        first = sort_memory.first_that_spills(
            lambda size: self._sort(size, allowed).spilled, predicted // 2, 2 * predicted
        )
        shares = (0.25, 0.5, 0.75, 0.9, 1.1, 1.25, 1.5, 2)
        sorts = [self._sort(int(share * predicted), allowed) for share in shares]
        return sort_memory.Spill(self._fit(), predicted, first, sorts, self._slowdown(), 2 * predicted)

    def _fit(self) -> sort_memory.Sort:
        connection = self.bench.connection("PostgreSQL", str(self.params.top))
        return sort_memory.sort_of(connection, self.queries["running_total"], sort_memory.FIT_ROWS, 512)

    def _sort(self, size: int, allowed: int) -> sort_memory.Sort:
        connection = self.bench.connection("PostgreSQL", sort_memory.TABLE)
        return sort_memory.sort_of(connection, self.queries["running_total"], size, allowed)

    def _slowdown(self) -> float:
        connection = self.bench.connection("PostgreSQL", sort_memory.TABLE)
        query = self.queries["running_total"]
        within, spilling = [], []
        for _ in range(self.params.repeats):
            within.append(seconds(connection, query))
            with sort_memory.work_mem(connection, self.params.work_mem_mb):
                spilling.append(seconds(connection, query))
        return float(pd.Series(spilling).median() / pd.Series(within).median())

    def speedups(self, data: pd.DataFrame) -> speedups.Speedups:
        """What parallel partitions, pre-aggregation and approximation bring. data: the top size's purchases."""
        return speedups.measure(self.bench, str(self.params.top), str(self.params.middle), data, self.queries)

    def _load(self, size: int) -> pd.DataFrame:
        data = self._purchases(size)
        self.bench.load(str(size), data)
        return data

    def _purchases(self, size: int) -> pd.DataFrame:
        return transactions(size, self.params.rows_per_customer, self.params.seed)
