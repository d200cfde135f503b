"""Layouts, compaction and its frequency against an object store with a round trip, and beside it a disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from lab.evidence.result import Result
from lab.experiments.parquet_compaction import events, observations, probes, tpch
from lab.experiments.parquet_compaction.answers import TpchCheck, check_tpch
from lab.experiments.parquet_compaction.bench import Bench, bench
from lab.experiments.parquet_compaction.crash import Kill, kill_all
from lab.experiments.parquet_compaction.criteria import CONTROLS
from lab.experiments.parquet_compaction.datasets import Dataset, build, copy_to_disk
from lab.experiments.parquet_compaction.frequency import Rung, climb
from lab.experiments.parquet_compaction.layouts import Layout
from lab.experiments.parquet_compaction.params import Params
from lab.experiments.parquet_compaction.reader import Query
from lab.experiments.parquet_compaction.readers import Upkeep, Watch, in_place, watch, with_log
from lab.experiments.parquet_compaction.sizes import Sized, time_sizes
from lab.experiments.parquet_compaction.timing import Timing, time_all, time_on_disk
from lab.experiments.parquet_compaction.workload import SORT_BY, Workload, tpch_query, workload
from lab.progress import Steps, steps

if TYPE_CHECKING:
    import pyarrow as pa

TPCH_BATCHES = 9
CRASH_BATCHES, KILLS = 4, 4
# Small, so that many readings fit into the time.
WATCHED_ROWS, WATCHED_BATCHES = 1_000, 100
CONTROL_READINGS = 40  # at least: about one in eight is torn there
# Readers and kills are to meet as much merging as there can be: every partition becomes one file.
ALL_IN_ONE = 1 << 40
_STEPS = 9  # and one for each layout


@dataclass
class Seen:
    """Everything that a run saw; what an arm does not do stays empty."""

    work: Workload
    datasets: list[Dataset] = field(default_factory=list)
    timings: list[Timing] = field(default_factory=list)
    sizes: list[Sized] = field(default_factory=list)
    answers: list[TpchCheck] = field(default_factory=list)
    rungs: list[Rung] = field(default_factory=list)
    watch: Watch | None = None
    kills: list[Kill] = field(default_factory=list)
    probes: probes.Probes | None = None


def run(params: Params, layouts: Mapping[str, Layout] | None = None, upkeep: Upkeep | None = None) -> Result:
    """The whole experiment by default.

    With `layouts` (own ones, by name: of the event log) only these are built, compacted and timed. With `upkeep`
    (an own way to compact) only readers during compaction are watched.
    """
    with steps(_STEPS + len(layouts or params.layouts)) as work, bench(params.rtt_s) as table:
        session = _Session(params, table, work)
        if layouts is None and upkeep is None:
            return session.treatment()
        return session.layouts(layouts) if layouts is not None else session.upkeep(upkeep or with_log())


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """Treatment and controls on one store."""
    with steps(_STEPS + len(params.layouts) + len(CONTROLS)) as work, bench(params.rtt_s) as table:
        session = _Session(params, table, work)
        over = events.over_partitioned(params.batch_rows, params.buckets)
        return session.treatment(), {
            "over-partitioned": session.layouts({over.name: over}, share=1 / 3),
            "in place": session.upkeep(in_place()),
        }


class _Session:
    """One store, one log, for all arms of a run."""

    def __init__(self, params: Params, table: Bench, work: Steps) -> None:
        self.params, self.table, self.progress = params, table, work
        work.next("event log")
        self.work = workload(params)
        self.batches = self.work.log.batches(params.batch_rows)
        self.versions = {"SeaweedFS": table.version, "DuckDB": duckdb.__version__}

    def treatment(self) -> Result:
        seen = Seen(self.work)
        known = events.layouts(self.params.buckets)
        self._event_datasets(seen, {name: known[name] for name in self.params.layouts})
        timed = self._tpch(seen)
        self._time(seen, timed)
        self._sizes(seen)
        self._frequency(seen)
        self._faults(seen)
        return self._result(seen)

    def layouts(self, chosen: Mapping[str, Layout], share: float = 1.0) -> Result:
        """Only layouts, on the first `share` of the log; times of answers alone."""
        seen = Seen(self.work)
        batches = self.batches[: max(2, round(len(self.batches) * share))]
        for name, layout in chosen.items():
            self.progress.next(f"layout {name}")
            seen.datasets.append(self._build(name, layout, batches))
        work = [(dataset, query) for dataset in seen.datasets for query in self.work.queries]
        seen.timings += time_all(self.table, work, self.params.threads, 1, self.params.seed)
        return self._result(seen, whole=share == 1)

    def upkeep(self, upkeep: Upkeep) -> Result:
        """Only readers during compaction."""
        self.progress.next(f"readers, {upkeep.name}")
        seen = Seen(self.work)
        seen.watch = self._watch(upkeep, max(CONTROL_READINGS, self.params.readings // 3))
        return self._result(seen)

    def _result(self, seen: Seen, whole: bool = True) -> Result:
        return observations.result(self.params, seen, self.versions, whole)

    def _build(self, name: str, layout: Layout, batches: Sequence[pa.Table]) -> Dataset:
        return build(self.table, name, layout, batches, self.params.target_bytes, SORT_BY)

    def _event_datasets(self, seen: Seen, chosen: Mapping[str, Layout]) -> None:
        for name, layout in chosen.items():
            self.progress.next(f"layout {name}")
            seen.datasets.append(self._build(name, layout, self.batches))

    def _tpch(self, seen: Seen) -> list[tuple[Dataset, Query]]:
        self.progress.next("TPC-H")
        params, made = self.params, tpch.tables(self.params.scale_factor)
        fact = made[tpch.FACT]
        size = -(-fact.num_rows // TPCH_BATCHES)
        batches = [fact.slice(start, size) for start in range(0, fact.num_rows, size)]
        layouts = tpch.layouts(params.buckets)
        datasets = [
            build(self.table, f"tpch-{name}", layouts[name], batches, params.target_bytes, tpch.SORT_BY)
            for name in params.layouts
        ]
        self.progress.next("TPC-H answers")
        seen.answers += check_tpch(self.table.direct, made, datasets, params.scale_factor)
        query = tpch_query(seen.answers[0].timed_sql)
        return [(dataset, query) for dataset in datasets]

    def _time(self, seen: Seen, others: Sequence[tuple[Dataset, Query]]) -> None:
        self.progress.next("timed queries")
        params = self.params
        own = [(dataset, query) for dataset in seen.datasets for query in self.work.queries]
        seen.timings += time_all(self.table, [*own, *others], params.threads, params.repeats, params.seed)
        self.progress.next("timed queries on disk")
        copies = {dataset.name: copy_to_disk(self.table, dataset) for dataset in seen.datasets}
        seen.timings += time_on_disk(copies, own, params.threads, params.seed)
        seen.probes = probes.probe(self.table, seen.datasets)

    def _sizes(self, seen: Seen) -> None:
        self.progress.next("file sizes")
        params, log = self.params, self.work.log
        rows, full = log.table(0, len(log)), self.work.queries[-1]
        seen.sizes += time_sizes(
            self.table, rows, params.file_counts, full, params.threads, params.repeats, params.seed
        )

    def _frequency(self, seen: Seen) -> None:
        params, layout = self.params, events.layouts(self.params.buckets)["date"]
        self.progress.next("frequencies")
        full = self.work.queries[-1]
        seen.rungs += [
            climb(self.table, layout, self.batches, every, params.target_bytes, SORT_BY, full, params.threads)
            for every in params.compact_every
        ]

    def _faults(self, seen: Seen) -> None:
        params, layout = self.params, events.layouts(self.params.buckets)["user hash"]
        self.progress.next("readers during compaction")
        seen.watch = self._watch(with_log(), params.readings)
        self.progress.next("killed compactions")
        seen.kills += kill_all(self.table, layout, self.batches[:CRASH_BATCHES], KILLS, ALL_IN_ONE, SORT_BY)

    def _watch(self, upkeep: Upkeep, readings: int) -> Watch:
        # Several files per commit: half a micro-batch would show.
        layout = events.layouts(self.params.buckets)["user hash"]
        batches = self.work.log.batches(WATCHED_ROWS)[:WATCHED_BATCHES]
        return watch(self.table, upkeep, layout, batches, readings, ALL_IN_ONE, SORT_BY)
