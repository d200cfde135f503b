"""A compaction that is killed: what is left of the dataset, and whether the next compaction mends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
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


_PATIENCE_S = 30.0


@dataclass(frozen=True)
class Survey:
    """What a reader sees of a dataset that does not change: rows, distinct events, their sum; and its data files."""

    rows: int
    distinct: int
    total: int
    files: int


@dataclass(frozen=True)
class Kill:
    """One killed compaction. reached: whether it was at its stage when it was killed.

    committed: whether the newest version was the compacted one; unnamed: data files that it did not name.
    halted, left, mended: the dataset while the compaction hung, after the kill, and after a second compaction and a
    clean-up. stray: data files in the store that the mended dataset does not name. batches: micro-batches in it;
    partitions: files that a compacted dataset has.
    """

    stage: Stage
    reached: bool
    committed: bool
    unnamed: int
    halted: Survey
    left: Survey
    mended: Survey
    stray: int
    batches: int
    partitions: int


def kill_all(
    table: Bench, layout: Layout, batches: Sequence[pa.Table], target_bytes: int, sort_by: Sequence[str]
) -> list[Kill]:
    """A dataset for each stage, with a compaction that is killed there."""
    partitions = len(list(layout.divide(batches[0])))
    found = {table.uri(f"killed-{n}"): stage for n, stage in enumerate(stages(partitions, len(batches)))}
    workers: dict[str, Worker] = {}
    plan = _Plan(target_bytes, tuple(sort_by), len(batches), partitions)
    try:
        for uri in found:
            workers[uri] = spawn(victim, uri, target_bytes, sort_by, table.s3, *_signals(table, uri).values())
        for uri in found:
            for batch in batches:
                append(open_files(uri, table.s3), batch, layout)
        return [_kill(table, uri, workers[uri], stage, plan) for uri, stage in found.items()]
    finally:
        for worker in workers.values():
            worker.kill()


def _signals(table: Bench, uri: str) -> Mapping[str, Path]:
    return {what: table.disk / f"{what}-{uri.rsplit('/', 1)[1]}" for what in ("ready", "go")}


@dataclass(frozen=True)
class _Plan:
    target_bytes: int
    sort_by: tuple[str, ...]
    batches: int
    partitions: int


def _kill(table: Bench, uri: str, worker: Worker, stage: Stage, plan: _Plan) -> Kill:
    signals = _signals(table, uri)
    _until(signals["ready"].exists, worker)
    with table.link.hold({stage.operation: stage.through}):
        before = table.link.traffic()
        signals["go"].touch()
        reached = _until(
            lambda: table.link.traffic().since(before).count(stage.operation) > stage.through, worker
        )
        halted, _, _ = _survey(table, uri)
        worker.kill()
        left, unnamed, version = _survey(table, uri)
    compact(uri, plan.target_bytes, plan.sort_by, table.s3)
    vacuum(uri, 0, table.s3)
    mended, stray, _ = _survey(table, uri)
    committed = version.operation == "compact"
    return Kill(
        stage, reached, committed, unnamed, halted, left, mended, stray, plan.batches, plan.partitions
    )


def _until(reached: Callable[[], bool], worker: Worker) -> bool:
    deadline = time.monotonic() + _PATIENCE_S
    while not (done := reached()) and time.monotonic() < deadline:
        worker.check()
        time.sleep(0.002)
    return done


def _survey(table: Bench, uri: str) -> tuple[Survey, int, table_format.Version]:
    """What a reader sees, how many data files the newest version does not name, and that version."""
    files = open_files(uri, table.s3)
    version = table_format.current(files)
    named = {file.path for file in version.files}
    with session(table.s3, threads=4) as duck:
        ((rows, distinct, _, total),) = run(duck, STATE, [files.url(file.path) for file in version.files])
    unnamed = sum(entry.path not in named for entry in files.entries(DATA))
    return Survey(rows, distinct, int(total), len(version.files)), unnamed, version
