"""All that a run saw, before anything is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab.experiments.parquet_compaction.measure.bench import Probes
from lab.experiments.parquet_compaction.measure.compaction_interval import Ingestion
from lab.experiments.parquet_compaction.measure.concurrent_readers import Watch
from lab.experiments.parquet_compaction.measure.datasets import Dataset
from lab.experiments.parquet_compaction.measure.file_sizes import Sized, Visit
from lab.experiments.parquet_compaction.measure.query_times import Timing
from lab.experiments.parquet_compaction.workload.event_log import Workload


@dataclass(frozen=True)
class Seen:
    """Raw observations of one variant; what it does not do stays empty."""

    work: Workload
    datasets: Sequence[Dataset] = ()
    timings: Sequence[Timing] = ()
    probes: Probes | None = None
    sizes: Sequence[Sized] = ()
    ingestions: Sequence[Ingestion] = ()
    visits: Sequence[Visit] = ()
    watch: Watch | None = None
