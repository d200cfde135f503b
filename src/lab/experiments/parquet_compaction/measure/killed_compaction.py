"""A compaction that is killed: what is left of the dataset, and whether the next compaction mends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.experiments.parquet_compaction.measure.bench import Bench
from lab.experiments.parquet_compaction.measure.concurrent_readers import STATE
from lab.experiments.parquet_compaction.mechanism import table_format
from lab.experiments.parquet_compaction.mechanism.compaction import compact, vacuum
from lab.experiments.parquet_compaction.mechanism.files import open_files
from lab.experiments.parquet_compaction.mechanism.layouts import Layout
from lab.experiments.parquet_compaction.mechanism.reader import run, session
from lab.experiments.parquet_compaction.mechanism.table_format import DATA, append
from lab.experiments.parquet_compaction.workload.maintenance import Stage, stages, victim
from lab.services.workers import Worker, spawn

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection


_PATIENCE_S = 30.0


@dataclass(frozen=True)
class Survey:
    """What a reader sees of a dataset that does not change: rows, distinct events, their sum; its data files.

    unnamed: data files in the store that the newest version does not name; operation: what made that version.
    """

    rows: int
    distinct: int
    total: int
    files: int
    unnamed: int = 0
    operation: str = "compact"


@dataclass(frozen=True)
class Kill:
    """One killed compaction. reached: whether it was at its stage when it was killed.

    halted, left, mended: the dataset while the compaction hung, after the kill, and after a second compaction and a
    clean-up. batches: micro-batches in it; partitions: files that a compacted dataset has.
    """

    stage: Stage
    reached: bool
    halted: Survey
    left: Survey
    mended: Survey
    batches: int
    partitions: int

    @property
    def switched(self) -> bool:
        """Whether the newest version was the compacted one when the kill was over."""
        return self.left.operation == "compact"


def kill_all(
    table: Bench, layout: Layout, batches: Sequence[pa.Table], target_bytes: int, sort_by: Sequence[str]
) -> list[Kill]:
    """A dataset for each stage, with a compaction that is killed there."""
    partitions = len(list(layout.divide(batches[0])))
    found = {table.uri(f"killed-{n}"): stage for n, stage in enumerate(stages(partitions, len(batches)))}
    workers: dict[str, Worker] = {}
    try:
        for uri in found:
            workers[uri] = spawn(victim, uri, target_bytes, sort_by, table.s3, *_signals(table, uri))
        for uri in found:
            for batch in batches:
                append(open_files(uri, table.s3), batch, layout)
        kills = []
        with session(table.s3, threads=4) as duck:
            for uri, stage in found.items():
                reached, halted, left = _kill(table, uri, workers[uri], stage, duck)
                compact(uri, target_bytes, sort_by, table.s3)
                vacuum(uri, 0, table.s3)
                mended = _survey(table, uri, duck)
                kills.append(Kill(stage, reached, halted, left, mended, len(batches), partitions))
        return kills
    finally:
        for worker in workers.values():
            worker.kill()


def _signals(table: Bench, uri: str) -> tuple[Path, Path]:
    """Files by which a worker says that it is ready, and is told to go."""
    name = uri.rsplit("/", 1)[1]
    return table.disk / f"ready-{name}", table.disk / f"go-{name}"


def _kill(
    table: Bench, uri: str, worker: Worker, stage: Stage, duck: DuckDBPyConnection
) -> tuple[bool, Survey, Survey]:
    """Whether the compaction reached its stage, the dataset while it hung there, and after it was killed."""
    ready, go = _signals(table, uri)
    _until(ready.exists, worker)
    with table.link.hold({stage.operation: stage.through}):
        before = table.link.traffic()
        go.touch()
        reached = _until(
            lambda: table.link.traffic().since(before).count(stage.operation) > stage.through, worker
        )
        halted = _survey(table, uri, duck)
        worker.kill()
        return reached, halted, _survey(table, uri, duck)


def _until(reached: Callable[[], bool], worker: Worker) -> bool:
    deadline = time.monotonic() + _PATIENCE_S
    while not (done := reached()) and time.monotonic() < deadline:
        worker.check()
        time.sleep(0.002)
    return done


def _survey(table: Bench, uri: str, duck: DuckDBPyConnection) -> Survey:
    files = open_files(uri, table.s3)
    version = table_format.current(files)
    named = {file.path for file in version.files}
    ((rows, distinct, _, total),) = run(duck, STATE, [files.url(path) for path in sorted(named)])
    unnamed = sum(entry.path not in named for entry in files.entries(DATA))
    return Survey(rows, distinct, int(total), len(named), unnamed, version.operation)
