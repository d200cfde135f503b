"""A compaction that is killed: what is left of the dataset, and whether the next compaction mends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.experiments.parquet_compaction import log
from lab.experiments.parquet_compaction.bench import Bench
from lab.experiments.parquet_compaction.checks import Survey
from lab.experiments.parquet_compaction.compaction import compact, vacuum
from lab.experiments.parquet_compaction.files import open_files
from lab.experiments.parquet_compaction.layouts import Layout
from lab.experiments.parquet_compaction.parquet import DATA, append
from lab.experiments.parquet_compaction.reader import run, session
from lab.experiments.parquet_compaction.readers import STATE
from lab.services.s3 import S3
from lab.services.workers import Worker, spawn

if TYPE_CHECKING:
    import pyarrow as pa

_PATIENCE_S = 30.0


@dataclass(frozen=True)
class Kill:
    """One killed compaction. after_puts: PUTs that the link had seen when it was killed.

    committed: whether its commit had come through; orphans: data files that no version named.
    left, mended: the dataset after the kill, and after a second compaction and a clean-up.
    stray: data files in the store that the mended dataset does not name. batches: micro-batches in it;
    partitions: files that a compacted dataset has.
    """

    after_puts: int
    committed: bool
    orphans: int
    left: Survey
    mended: Survey
    stray: int
    batches: int
    partitions: int


def victim(uri: str, target_bytes: int, sort_by: Sequence[str], s3: S3, ready: Path, go: Path) -> None:
    """A compaction in a process of its own, which waits for the file `go` so that starting Python is not timed."""
    log.current(open_files(uri, s3))
    ready.touch()
    while not go.exists():
        time.sleep(0.002)
    compact(uri, target_bytes, sort_by, s3)


def kill_all(
    table: Bench,
    layout: Layout,
    batches: Sequence[pa.Table],
    kills: int,
    target_bytes: int,
    sort_by: Sequence[str],
) -> list[Kill]:
    """`kills` datasets, each with a compaction that is killed a little later than the one before."""
    uris = [table.uri(f"killed-{number}") for number in range(kills)]
    workers = []
    for number, uri in enumerate(uris):
        for batch in batches:
            append(open_files(uri, table.s3), batch, layout)
        signals = [table.disk / f"{what}-{number}" for what in ("ready", "go")]
        workers.append(spawn(victim, uri, target_bytes, sort_by, table.s3, *signals))
    # One PUT for each partition, one for the commit: the first is killed before any, the last after all.
    partitions = len({str(file.partition) for file in log.current(open_files(uris[0], table.s3)).files})
    plan = _Plan(target_bytes, tuple(sort_by), len(batches), partitions)
    try:
        return [
            _kill(table, uri, worker, number, round(number * (partitions + 1) / (kills - 1)), plan)
            for number, (uri, worker) in enumerate(zip(uris, workers, strict=True))
        ]
    finally:
        for worker in workers:
            worker.kill()


@dataclass(frozen=True)
class _Plan:
    target_bytes: int
    sort_by: tuple[str, ...]
    batches: int
    partitions: int


def _kill(table: Bench, uri: str, worker: Worker, number: int, puts: int, plan: _Plan) -> Kill:
    _until(lambda: (table.disk / f"ready-{number}").exists(), worker)
    with table.link.delay(table.rtt_s):
        before = table.link.traffic()
        (table.disk / f"go-{number}").touch()
        _until(lambda: table.link.traffic().since(before).count("PUT") >= puts, worker)
        if not puts:
            time.sleep(2 * table.rtt_s)  # it reads: nothing is written yet
        worker.kill()
    time.sleep(3 * table.rtt_s)  # a PUT that is on the way may still arrive
    left, orphans, version = _survey(table, uri)
    compact(uri, plan.target_bytes, plan.sort_by, table.s3)
    vacuum(uri, 0, table.s3)
    mended, stray, _ = _survey(table, uri)
    committed = version.operation == "compact"
    return Kill(puts, committed, orphans, left, mended, stray, plan.batches, plan.partitions)


def _until(reached: Callable[[], bool], worker: Worker) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not reached() and time.monotonic() < deadline:
        worker.check()
        time.sleep(0.001)


def _survey(table: Bench, uri: str) -> tuple[Survey, int, log.Version]:
    """What a reader sees, how many data files no version names, and the newest version."""
    files = open_files(uri, table.s3)
    version = log.current(files)
    named = {
        file.path
        for entry in files.entries(log.LOG)
        for file in log.read(files, log.number_of(entry.path)).files
    }
    with session(table.s3, threads=4) as duck:
        ((rows, distinct, _, total),) = run(duck, STATE, [files.url(file.path) for file in version.files])
    orphans = sum(entry.path not in named for entry in files.entries(DATA))
    return Survey(rows, distinct, int(total), len(version.files)), orphans, version
