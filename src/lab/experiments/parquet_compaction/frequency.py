"""How often to compact: the same log ingested again and again, compacted every k micro-batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lab.experiments.parquet_compaction.bench import Bench
from lab.experiments.parquet_compaction.compaction import Compaction, compact
from lab.experiments.parquet_compaction.files import open_files
from lab.experiments.parquet_compaction.layouts import Layout
from lab.experiments.parquet_compaction.log import Version
from lab.experiments.parquet_compaction.parquet import append
from lab.experiments.parquet_compaction.reader import Query, ask, session

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Rung:
    """One ingestion with a compaction after every `every` micro-batches.

    files: in the dataset after each micro-batch, before any compaction. written, rewritten: bytes through the link.
    compactions: one entry each. looks: (micro-batch, files, seconds) of the queries that were timed.
    """

    every: int
    files: tuple[int, ...]
    written: int
    rewritten: int
    compactions: tuple[Compaction, ...]
    looks: tuple[tuple[int, int, float], ...]

    @property
    def amplification(self) -> float:
        """Bytes rewritten for each byte ingested."""
        return self.rewritten / self.written

    @property
    def compaction_s(self) -> float:
        """Seconds of compaction for each micro-batch."""
        return sum(done.seconds for done in self.compactions) / len(self.files)


def climb(
    table: Bench,
    layout: Layout,
    batches: Sequence[pa.Table],
    every: int,
    target_bytes: int,
    sort_by: Sequence[str],
    query: Query,
    threads: int,
    looks: int = 1,
) -> Rung:
    """One rung. The query is timed `looks` times: at the end, and at equal distances before it."""
    uri = table.uri(f"every-{every}")
    files, written, rewritten = open_files(uri, table.s3), 0, 0
    counts, done, seen = [], [], []
    moments = set(np.linspace(len(batches), 0, looks, endpoint=False).astype(int).tolist())
    for number, batch in enumerate(batches, 1):
        start = table.link.traffic().bytes_in
        version = append(files, batch, layout)
        written += table.link.traffic().bytes_in - start
        counts.append(len(version.files))
        if number in moments:
            seen.append((number, *_look(table, uri, layout, query, threads, version)))
        if number % every == 0:
            start = table.link.traffic().bytes_in
            with table.link.delay(table.rtt_s):
                done.append(compact(uri, target_bytes, sort_by, table.s3))
            rewritten += table.link.traffic().bytes_in - start
    return Rung(every, tuple(counts), written, rewritten, tuple(done), tuple(seen))


def _look(
    table: Bench, uri: str, layout: Layout, query: Query, threads: int, version: Version
) -> tuple[int, float]:
    with session(table.s3, threads) as duck, table.link.delay(table.rtt_s):
        answer = ask(duck, query, uri, layout, table.s3, version.number)
    return answer.files, answer.seconds
