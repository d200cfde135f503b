"""How often to compact: the same log ingested at several intervals of compaction, side by side.

Every micro-batch goes to all ingestions before the next one comes, and those that are due are compacted in an order of its
own, so that whatever disturbs the machine disturbs all alike. Versions are kept, so queries on the growing datasets are timed
afterwards, in one random order over all ingestions and moments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lab.experiments.parquet_compaction.measure.bench import Bench
from lab.experiments.parquet_compaction.measure.query_times import over_link
from lab.experiments.parquet_compaction.mechanism.compaction import Compaction, compact
from lab.experiments.parquet_compaction.mechanism.files import open_files
from lab.experiments.parquet_compaction.mechanism.layouts import Layout
from lab.experiments.parquet_compaction.mechanism.reader import Query, session
from lab.experiments.parquet_compaction.mechanism.table_format import Version, append

if TYPE_CHECKING:
    import pyarrow as pa

_DRAWS = 500


@dataclass(frozen=True)
class Look:
    """A query timed on the dataset as it was after a micro-batch. read_bytes: as in `query_times.Timing`."""

    batch: int
    files: int
    seconds: float
    read_bytes: int


@dataclass
class Ingestion:
    """One ingestion with a compaction after every `every` micro-batches.

    versions: the dataset after each micro-batch, before any compaction. written: bytes over the link for ingestion, a
    mean over all ingestions, which write the same; rewritten: for its compactions, one entry each in `compactions`.
    looks: the queries that were timed.
    """

    every: int
    uri: str
    versions: list[Version] = field(default_factory=list)
    written: float = 0.0
    rewritten: int = 0
    compactions: list[Compaction] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)

    @property
    def files(self) -> list[int]:
        """Files in the dataset after each micro-batch."""
        return [len(version.files) for version in self.versions]

    @property
    def amplification(self) -> float:
        """Bytes rewritten for each byte ingested, as the link counted them."""
        return self.rewritten / self.written

    @property
    def compaction_s(self) -> float:
        """Seconds of compaction for each micro-batch."""
        return sum(done.seconds for done in self.compactions) / len(self.versions)


def ingest_all(
    table: Bench,
    layout: Layout,
    batches: Sequence[pa.Table],
    intervals: Sequence[int],
    target_bytes: int,
    sort_by: Sequence[str],
    seed: int,
) -> list[Ingestion]:
    """The whole intervals, ingested and compacted; nothing is queried yet. Only compactions are timed and delayed."""
    ingestions = [Ingestion(every, table.uri(f"every-{every}")) for every in intervals]
    random = np.random.default_rng(seed)
    with ThreadPoolExecutor(len(ingestions)) as pool:
        for number, batch in enumerate(batches, 1):
            before = table.link.traffic().bytes_in
            for one, version in zip(
                ingestions, pool.map(_appending(table, batch, layout), ingestions), strict=True
            ):
                one.versions.append(version)
            each = (table.link.traffic().bytes_in - before) / len(ingestions)
            for place in random.permutation(len(ingestions)):
                ingestions[place].written += each
                if number % ingestions[place].every == 0:
                    _compact(table, ingestions[place], target_bytes, sort_by)
    return ingestions


def _appending(table: Bench, batch: pa.Table, layout: Layout) -> Callable[[Ingestion], Version]:
    return lambda ingestion: append(open_files(ingestion.uri, table.s3), batch, layout)


def _compact(table: Bench, ingestion: Ingestion, target_bytes: int, sort_by: Sequence[str]) -> None:
    start = table.link.traffic().bytes_in
    with table.link.delay(table.rtt_s):
        ingestion.compactions.append(compact(ingestion.uri, target_bytes, sort_by, table.s3))
    ingestion.rewritten += table.link.traffic().bytes_in - start


def query_all(
    table: Bench,
    ingestions: Sequence[Ingestion],
    layout: Layout,
    query: Query,
    threads: int,
    looks: int,
    seed: int,
) -> None:
    """Time the query on every ingestion at `looks` moments, all ingestions and moments in one random order."""
    random = np.random.default_rng(seed)
    work = [
        (ingestion, moment) for ingestion in ingestions for moment in moments(ingestion.files, looks, random)
    ]
    with session(table.s3, threads) as duck, table.link.delay(table.rtt_s):
        for place in random.permutation(len(work)):
            ingestion, moment = work[place]
            version = ingestion.versions[moment]
            answer, crossed = over_link(table, duck, query, ingestion.uri, layout, version.number)
            ingestion.looks.append(Look(moment + 1, answer.files, answer.seconds, crossed.bytes_out))


def moments(files: Sequence[int], looks: int, random: np.random.Generator) -> list[int]:
    """Which micro-batches stand for all: one of each of `looks` equal stretches, together with as many files as the mean.

    Balanced sampling: of many random choices the one whose mean number of files is nearest to that of all micro-batches.
    Nothing but counts, known beforehand, goes into the choice.
    """
    stretches = [part for part in np.array_split(np.arange(len(files)), looks) if len(part)]
    count, mean = np.asarray(files), float(np.mean(files))
    draws = [[int(random.choice(part)) for part in stretches] for _ in range(_DRAWS)]
    return min(draws, key=lambda chosen: abs(count[chosen].mean() - mean))
