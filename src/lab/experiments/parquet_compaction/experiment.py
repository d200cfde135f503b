"""Layouts, compaction and its frequency against an object store with a round trip, and beside it a disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from lab.evidence.result import Result
from lab.experiments.parquet_compaction.criteria import CONTROLS
from lab.experiments.parquet_compaction.judge import observations
from lab.experiments.parquet_compaction.measure.bench import Bench, bench, probe
from lab.experiments.parquet_compaction.measure.compaction_frequency import Rung, climb, look_all
from lab.experiments.parquet_compaction.measure.concurrent_readers import Watch, watch
from lab.experiments.parquet_compaction.measure.datasets import Dataset, build, copy_to_disk
from lab.experiments.parquet_compaction.measure.killed_compaction import Kill, kill_all
from lab.experiments.parquet_compaction.measure.metadata_times import Planned, time_planning
from lab.experiments.parquet_compaction.measure.query_times import Sized, Stopwatch, Timing, Work, time_sizes
from lab.experiments.parquet_compaction.measure.seen import Seen
from lab.experiments.parquet_compaction.measure.tpch_answers import TpchCheck, check_tpch
from lab.experiments.parquet_compaction.mechanism.layouts import Layout
from lab.experiments.parquet_compaction.params import Params
from lab.experiments.parquet_compaction.workload import event_log, tpch
from lab.experiments.parquet_compaction.workload.event_log import SORT_BY
from lab.experiments.parquet_compaction.workload.maintenance import Upkeep, in_place, with_log
from lab.progress import Steps, steps

# Three months each: four a year and more, so that there is something to merge in every layout.
TPCH_BATCHES = 28
CRASH_BATCHES = 4
LOOKS = 5  # queries timed at each frequency
# Small and many, so that there is something to merge for as long as readings go on.
WATCHED_ROWS = 100
CONTROL_READINGS = 20  # at least: hardly any is whole there
# Readers and kills are to meet as much merging as there can be: every partition becomes one file.
ALL_IN_ONE = 1 << 40
_STEPS = 11  # and one for each layout


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
        over = event_log.over_partitioned(params.batch_rows, params.buckets)
        return session.treatment(), {
            "over-partitioned": session.layouts({over.name: over}),
            "in place": session.upkeep(in_place()),
        }


class _Session:
    """One store, one log, for all arms of a run."""

    def __init__(self, params: Params, table: Bench, work: Steps) -> None:
        self.params, self.table, self.progress = params, table, work
        work.next("event log")
        self.work = event_log.workload(params)
        self.batches = self.work.log.batches(params.batch_rows)
        self.known = event_log.layouts(params.buckets)
        self.versions = {"SeaweedFS": table.version, "DuckDB": duckdb.__version__}

    def treatment(self) -> Result:
        """Everything, one step after the other."""
        datasets = self._datasets({name: self.known[name] for name in self.params.layouts})
        lineitem, answers = self._tpch()
        query = tpch.tpch_query(answers[0].timed_sql)
        timings = self._timed(datasets, [(dataset, query) for dataset in lineitem])
        seen = Seen(
            self.work,
            datasets,
            lineitem,
            answers,
            timings,
            probes=probe(self.table),
            sizes=self._sizes(),
            rungs=self._frequency(),
            planned=self._planning(),
            watch=self._readers(),
            kills=self._kills(),
        )
        return self._result(seen)

    def layouts(self, chosen: Mapping[str, Layout]) -> Result:
        """Only layouts, on the same log; times of answers over the link alone."""
        datasets = self._datasets(chosen)
        timings = self._stopwatch().linked(self._queries(datasets))
        return self._result(Seen(self.work, datasets, timings=timings))

    def upkeep(self, upkeep: Upkeep) -> Result:
        """Only readers during compaction."""
        self.progress.next(f"readers, {upkeep.name}")
        watched = self._watch(upkeep, max(CONTROL_READINGS, self.params.readings // 3))
        return self._result(Seen(self.work, watch=watched))

    def _result(self, seen: Seen) -> Result:
        return observations.result(self.params, seen, self.versions)

    def _stopwatch(self) -> Stopwatch:
        return Stopwatch(self.table, self.params.threads, self.params.repeats, self.params.seed)

    def _queries(self, datasets: Sequence[Dataset]) -> list[Work]:
        return [(dataset, query) for dataset in datasets for query in self.work.queries]

    def _datasets(self, chosen: Mapping[str, Layout]) -> list[Dataset]:
        target, made = self.params.target_bytes, []
        for name, layout in chosen.items():
            self.progress.next(f"layout {name}")
            made.append(build(self.table, name, layout, self.batches, target, SORT_BY))
        return made

    def _tpch(self) -> tuple[list[Dataset], list[TpchCheck]]:
        self.progress.next("TPC-H")
        params, made = self.params, tpch.tables(self.params.scale_factor)
        batches, layouts = tpch.loads(made[tpch.FACT], TPCH_BATCHES), tpch.layouts(params.buckets)
        lineitem = [
            build(self.table, f"tpch-{name}", layouts[name], batches, params.target_bytes, tpch.SORT_BY)
            for name in params.layouts
        ]
        self.progress.next("TPC-H answers")
        return lineitem, check_tpch(self.table.direct, made, lineitem, params.scale_factor)

    def _timed(self, datasets: Sequence[Dataset], others: Sequence[Work]) -> list[Timing]:
        self.progress.next("timed queries")
        stopwatch, own = self._stopwatch(), self._queries(datasets)
        linked = stopwatch.linked([*own, *others])
        self.progress.next("timed queries on disk")
        copies = {dataset.name: copy_to_disk(self.table, dataset) for dataset in datasets}
        return linked + stopwatch.near(own, copies)

    def _sizes(self) -> list[Sized]:
        self.progress.next("file sizes")
        params, log = self.params, self.work.log
        rows, full = log.table(0, len(log)), self.work.queries[-1]
        return time_sizes(
            self.table, rows, params.file_counts, full, params.threads, params.repeats, params.seed
        )

    def _frequency(self) -> list[Rung]:
        params, layout = self.params, self.known["date"]
        self.progress.next("frequencies, ingestion")
        ladder, full = params.compact_every, self.work.queries[-1]
        rungs = climb(self.table, layout, self.batches, ladder, params.target_bytes, SORT_BY, params.seed)
        self.progress.next("frequencies, queries")
        look_all(self.table, rungs, layout, full, params.threads, LOOKS, params.seed)
        return rungs

    def _planning(self) -> list[Planned]:
        self.progress.next("listing and planning")
        return time_planning(self.table, self.known["date+hash"], self.params.buckets, self.params.seed)

    def _readers(self) -> Watch:
        self.progress.next("readers during compaction")
        return self._watch(with_log(), self.params.readings)

    def _kills(self) -> list[Kill]:
        self.progress.next("killed compactions")
        batches = self.batches[:CRASH_BATCHES]
        return kill_all(self.table, self.known["user hash"], batches, ALL_IN_ONE, SORT_BY)

    def _watch(self, upkeep: Upkeep, readings: int) -> Watch:
        # Several files per commit: half a micro-batch would show.
        layout, batches = self.known["user hash"], self.work.log.batches(WATCHED_ROWS)
        return watch(self.table, upkeep, layout, batches, readings, ALL_IN_ONE, SORT_BY)
