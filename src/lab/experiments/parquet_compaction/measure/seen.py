"""All that a run saw, before anything is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab.experiments.parquet_compaction.measure.bench import Probes
from lab.experiments.parquet_compaction.measure.compaction_frequency import Rung
from lab.experiments.parquet_compaction.measure.concurrent_readers import Watch
from lab.experiments.parquet_compaction.measure.datasets import Dataset
from lab.experiments.parquet_compaction.measure.killed_compaction import Kill
from lab.experiments.parquet_compaction.measure.metadata_times import Planned
from lab.experiments.parquet_compaction.measure.query_times import Sized, Timing
from lab.experiments.parquet_compaction.measure.tpch_answers import TpchCheck
from lab.experiments.parquet_compaction.workload.event_log import Workload


@dataclass(frozen=True)
class Seen:
    """Raw observations of one arm; what an arm does not do stays empty. datasets: of the event log; tpch: of lineitem."""

    work: Workload
    datasets: Sequence[Dataset] = ()
    tpch: Sequence[Dataset] = ()
    answers: Sequence[TpchCheck] = ()
    timings: Sequence[Timing] = ()
    probes: Probes | None = None
    sizes: Sequence[Sized] = ()
    rungs: Sequence[Rung] = ()
    planned: Sequence[Planned] = ()
    watch: Watch | None = None
    kills: Sequence[Kill] = ()
