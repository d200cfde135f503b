"""Layouts, compaction and its frequency against an object store with a round trip, and beside it a disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from lab.evidence.result import Result
from lab.experiments.parquet_compaction import events, observations, probes, tpch
from lab.experiments.parquet_compaction.answers import TpchCheck, check_tpch
from lab.experiments.parquet_compaction.bench import Bench, bench
from lab.experiments.parquet_compaction.crash import Kill, kill_all
from lab.experiments.parquet_compaction.criteria import CONTROLS
from lab.experiments.parquet_compaction.datasets import Dataset, build, copy_to_disk
from lab.experiments.parquet_compaction.frequency import Rung, climb, look_all
from lab.experiments.parquet_compaction.layouts import Layout
from lab.experiments.parquet_compaction.params import Params
from lab.experiments.parquet_compaction.planning import Planned, time_planning
from lab.experiments.parquet_compaction.reader import Query
from lab.experiments.parquet_compaction.readers import Upkeep, Watch, in_place, watch, with_log
from lab.experiments.parquet_compaction.sizes import Sized, time_sizes
from lab.experiments.parquet_compaction.timing import Stopwatch, Timing
from lab.experiments.parquet_compaction.workload import SORT_BY, Workload, tpch_query, workload
from lab.progress import Steps, steps

TPCH_BATCHES = (
    28  # three months each: four a year and more, so that there is something to merge in every layout
)
CRASH_BATCHES = 4
LOOKS = 5  # queries timed at each frequency
# Small and many, so that there is something to merge for as long as readings go on.
WATCHED_ROWS = 100
CONTROL_READINGS = 20  # at least: hardly any is whole there
# Readers and kills are to meet as much merging as there can be: every partition becomes one file.
ALL_IN_ONE = 1 << 40
_STEPS = 11  # and one for each layout


@dataclass
class Seen:
    """Everything that a run saw; what an arm does not do stays empty."""

    work: Workload
    datasets: list[Dataset] = field(default_factory=list)
    tpch: list[Dataset] = field(default_factory=list)
    timings: list[Timing] = field(default_factory=list)
    sizes: list[Sized] = field(default_factory=list)
    answers: list[TpchCheck] = field(default_factory=list)
    rungs: list[Rung] = field(default_factory=list)
    watch: Watch | None = None
    kills: list[Kill] = field(default_factory=list)
    planned: list[Planned] = field(default_factory=list)
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
            "over-partitioned": session.layouts({over.name: over}),
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
        self._planning(seen)
        self._faults(seen)
        return self._result(seen)

    def layouts(self, chosen: Mapping[str, Layout]) -> Result:
        """Only layouts, on the same log; times of answers over the link alone."""
        seen = Seen(self.work)
        self._event_datasets(seen, chosen)
        seen.timings += self._stopwatch().linked(self._own(seen))
        return self._result(seen)

    def upkeep(self, upkeep: Upkeep) -> Result:
        """Only readers during compaction."""
        self.progress.next(f"readers, {upkeep.name}")
        seen = Seen(self.work)
        seen.watch = self._watch(upkeep, max(CONTROL_READINGS, self.params.readings // 3))
        return self._result(seen)

    def _result(self, seen: Seen) -> Result:
        return observations.result(self.params, seen, self.versions)

    def _stopwatch(self) -> Stopwatch:
        return Stopwatch(self.table, self.params.threads, self.params.repeats, self.params.seed)

    def _own(self, seen: Seen) -> list[tuple[Dataset, Query]]:
        return [(dataset, query) for dataset in seen.datasets for query in self.work.queries]

    def _event_datasets(self, seen: Seen, chosen: Mapping[str, Layout]) -> None:
        target = self.params.target_bytes
        for name, layout in chosen.items():
            self.progress.next(f"layout {name}")
            seen.datasets.append(build(self.table, name, layout, self.batches, target, SORT_BY))

    def _tpch(self, seen: Seen) -> list[tuple[Dataset, Query]]:
        self.progress.next("TPC-H")
        params, made = self.params, tpch.tables(self.params.scale_factor)
        batches = tpch.loads(made[tpch.FACT], TPCH_BATCHES)
        layouts = tpch.layouts(params.buckets)
        seen.tpch += [
            build(self.table, f"tpch-{name}", layouts[name], batches, params.target_bytes, tpch.SORT_BY)
            for name in params.layouts
        ]
        self.progress.next("TPC-H answers")
        seen.answers += check_tpch(self.table.direct, made, seen.tpch, params.scale_factor)
        query = tpch_query(seen.answers[0].timed_sql)
        return [(dataset, query) for dataset in seen.tpch]

    def _time(self, seen: Seen, others: Sequence[tuple[Dataset, Query]]) -> None:
        self.progress.next("timed queries")
        watch, own = self._stopwatch(), self._own(seen)
        seen.timings += watch.linked([*own, *others])
        self.progress.next("timed queries on disk")
        copies = {dataset.name: copy_to_disk(self.table, dataset) for dataset in seen.datasets}
        seen.timings += watch.near(own, copies)
        seen.probes = probes.probe(self.table)

    def _sizes(self, seen: Seen) -> None:
        self.progress.next("file sizes")
        params, log = self.params, self.work.log
        rows, full = log.table(0, len(log)), self.work.queries[-1]
        seen.sizes += time_sizes(
            self.table, rows, params.file_counts, full, params.threads, params.repeats, params.seed
        )

    def _frequency(self, seen: Seen) -> None:
        params, layout = self.params, events.layouts(self.params.buckets)["date"]
        self.progress.next("frequencies, ingestion")
        ladder, full = params.compact_every, self.work.queries[-1]
        seen.rungs += climb(
            self.table, layout, self.batches, ladder, params.target_bytes, SORT_BY, params.seed
        )
        self.progress.next("frequencies, queries")
        look_all(self.table, seen.rungs, layout, full, params.threads, LOOKS, params.seed)

    def _planning(self, seen: Seen) -> None:
        self.progress.next("listing and planning")
        layout = events.layouts(self.params.buckets)["date+hash"]
        seen.planned += time_planning(self.table, layout, self.params.buckets, self.params.seed)

    def _faults(self, seen: Seen) -> None:
        params, layout = self.params, events.layouts(self.params.buckets)["user hash"]
        self.progress.next("readers during compaction")
        seen.watch = self._watch(with_log(), params.readings)
        self.progress.next("killed compactions")
        seen.kills += kill_all(self.table, layout, self.batches[:CRASH_BATCHES], ALL_IN_ONE, SORT_BY)

    def _watch(self, upkeep: Upkeep, readings: int) -> Watch:
        # Several files per commit: half a micro-batch would show.
        layout = events.layouts(self.params.buckets)["user hash"]
        batches = self.work.log.batches(WATCHED_ROWS)
        return watch(self.table, upkeep, layout, batches, readings, ALL_IN_ONE, SORT_BY)
