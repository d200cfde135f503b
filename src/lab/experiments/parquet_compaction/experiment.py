"""Layouts, file sizes, compaction and its interval against an object store with a round trip, and beside it a disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import duckdb

from lab.evidence.result import Result
from lab.experiments.parquet_compaction.criteria import CONTROLS
from lab.experiments.parquet_compaction.judge import observations
from lab.experiments.parquet_compaction.measure.bench import Bench, bench, probe
from lab.experiments.parquet_compaction.measure.compaction_interval import Ingestion, ingest_all, query_all
from lab.experiments.parquet_compaction.measure.concurrent_readers import Watch, watch
from lab.experiments.parquet_compaction.measure.datasets import Dataset, build, copy_to_disk
from lab.experiments.parquet_compaction.measure.file_sizes import Scan, Sized, divide, time_sizes, time_visits
from lab.experiments.parquet_compaction.measure.query_times import Timing, Work, time_linked, time_on_disk
from lab.experiments.parquet_compaction.measure.seen import Seen
from lab.experiments.parquet_compaction.mechanism.layouts import Layout
from lab.experiments.parquet_compaction.params import Params
from lab.experiments.parquet_compaction.workload import event_log
from lab.experiments.parquet_compaction.workload.event_log import SORT_BY
from lab.experiments.parquet_compaction.workload.maintenance import Upkeep, in_place, with_log
from lab.progress import Steps, steps

BUCKETS = 2  # hash partitions
LOOKS = 3  # queries timed at each interval
# Small and many, so that there is something to merge for as long as readings go on.
WATCHED_ROWS = 100
CONTROL_READINGS = 10  # at least: hardly any is whole there
# Readers are to meet as much merging as there can be: every partition becomes one file.
ALL_IN_ONE = 1 << 40
_STEPS = 7  # and one for each layout


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
        over = event_log.over_partitioned(params.batch_rows, BUCKETS)
        return session.treatment(), {
            "over-partitioned": session.layouts({over.name: over}, repeats=1),
            "in place": session.upkeep(in_place()),
        }


class _Session:
    """One store, one log, for all variants of a run."""

    def __init__(self, params: Params, table: Bench, work: Steps) -> None:
        self.params, self.table, self.progress = params, table, work
        work.next("event log")
        self.work = event_log.workload(params)
        self.batches = self.work.log.batches(params.batch_rows)
        self.known = event_log.layouts(BUCKETS)
        self.versions = {"SeaweedFS": table.version, "DuckDB": duckdb.__version__}

    def treatment(self) -> Result:
        """Everything; only the files of the large scan are written while the layouts are."""
        params, table, full = self.params, self.table, self.work.queries[-1]
        with ThreadPoolExecutor(1) as aside:
            whole = self.work.log.table(0, len(self.work.log))
            dividing = aside.submit(divide, table, whole, params.file_counts)
            datasets = self._datasets({name: self.known[name] for name in params.layouts})
            scans = dividing.result()
        (by_date,) = (item for item in datasets if item.name == "date")
        seen = Seen(
            self.work,
            datasets,
            timings=self._timed(datasets),
            probes=probe(table),
            sizes=self._sizes(scans),
            ingestions=self._intervals(),
            visits=time_visits(table, by_date, full, params.threads),
            watch=self._readers("readers during compaction", with_log(), params.readings),
        )
        return self._result(seen)

    def layouts(self, chosen: Mapping[str, Layout], repeats: int = 0) -> Result:
        """Only layouts, on the same log; times of answers over the link alone. repeats: by default the parameter."""
        datasets = self._datasets(chosen)
        timings = self._linked(self._queries(datasets), repeats)
        return self._result(Seen(self.work, datasets, timings=timings))

    def upkeep(self, upkeep: Upkeep) -> Result:
        """Only readers during compaction."""
        readings = max(CONTROL_READINGS, self.params.readings // 3)
        return self._result(Seen(self.work, watch=self._readers(f"readers, {upkeep.name}", upkeep, readings)))

    def _result(self, seen: Seen) -> Result:
        return observations.result(self.params, seen, self.versions)

    def _linked(self, work: Sequence[Work], repeats: int = 0) -> list[Timing]:
        params = self.params
        return time_linked(self.table, work, params.threads, repeats or params.repeats, params.seed)

    def _queries(self, datasets: Sequence[Dataset]) -> list[Work]:
        return [(dataset, query) for dataset in datasets for query in self.work.queries]

    def _datasets(self, chosen: Mapping[str, Layout]) -> list[Dataset]:
        made = []
        for name, layout in chosen.items():
            self.progress.next(f"layout {name}")
            made.append(build(self.table, name, layout, self.batches, self.params.target_bytes, SORT_BY))
        return made

    def _timed(self, datasets: Sequence[Dataset]) -> list[Timing]:
        self.progress.next("timed queries")
        own = self._queries(datasets)
        linked = self._linked(own)
        self.progress.next("timed queries on disk")
        copies = {dataset.name: copy_to_disk(self.table, dataset) for dataset in datasets}
        return linked + time_on_disk(own, copies, self.params.threads, self.params.seed)

    def _sizes(self, scans: Sequence[Scan]) -> list[Sized]:
        self.progress.next("file sizes")
        params = self.params
        full = self.work.queries[-1]
        return time_sizes(self.table, scans, full, params.threads, params.repeats, params.seed)

    def _intervals(self) -> list[Ingestion]:
        params, layout, full = self.params, self.known["date"], self.work.queries[-1]
        self.progress.next("intervals, ingestion")
        intervals, target = params.compact_every, params.target_bytes
        ingestions = ingest_all(self.table, layout, self.batches, intervals, target, SORT_BY, params.seed)
        self.progress.next("intervals, queries")
        query_all(self.table, ingestions, layout, full, params.threads, LOOKS, params.seed)
        return ingestions

    def _readers(self, step: str, upkeep: Upkeep, readings: int) -> Watch:
        self.progress.next(step)
        # Several files per commit: half a micro-batch would show.
        layout, batches = self.known["user hash"], self.work.log.batches(WATCHED_ROWS)
        return watch(self.table, upkeep, layout, batches, readings, ALL_IN_ONE, SORT_BY)
