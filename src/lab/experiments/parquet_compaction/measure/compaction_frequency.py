"""How often to compact: the same log ingested at several frequencies of compaction, side by side.

Every micro-batch goes to all rungs before the next one comes, in an order of its own, so that whatever disturbs the
machine disturbs all rungs alike. Versions are kept, so queries on the growing datasets are timed afterwards, in one
random order over all rungs and moments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lab.experiments.parquet_compaction.measure.bench import Bench
from lab.experiments.parquet_compaction.measure.datasets import Account, Stock, account, stock
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
class Rung:
    """One ingestion with a compaction after every `every` micro-batches.

    versions: the dataset after each micro-batch, before any compaction. written, rewritten: bytes of ingestion and of
    compaction over the link; account: both together, by all accounts. compactions: one entry each. looks: the queries
    that were timed.
    """

    every: int
    uri: str
    versions: list[Version] = field(default_factory=list)
    written: int = 0
    rewritten: int = 0
    account: Account = field(default_factory=lambda: Account(0, 0, 0))
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


def climb(
    table: Bench,
    layout: Layout,
    batches: Sequence[pa.Table],
    ladder: Sequence[int],
    target_bytes: int,
    sort_by: Sequence[str],
    seed: int,
) -> list[Rung]:
    """The whole ladder, ingested and compacted; nothing is queried yet. Only compactions are timed and delayed."""
    rungs = [Rung(every, table.uri(f"every-{every}")) for every in ladder]
    random = np.random.default_rng(seed)
    for number, batch in enumerate(batches, 1):
        for place in random.permutation(len(rungs)):
            rung = rungs[place]
            _ingest(table, rung, batch, layout)
            if number % rung.every == 0:
                _compact(table, rung, target_bytes, sort_by)
    for rung in rungs:
        rung.account = _account(table, rung)
    return rungs


def _ingest(table: Bench, rung: Rung, batch: pa.Table, layout: Layout) -> None:
    start = table.link.traffic().bytes_in
    rung.versions.append(append(open_files(rung.uri, table.s3), batch, layout))
    rung.written += table.link.traffic().bytes_in - start


def _compact(table: Bench, rung: Rung, target_bytes: int, sort_by: Sequence[str]) -> None:
    start = table.link.traffic().bytes_in
    with table.link.delay(table.rtt_s):
        rung.compactions.append(compact(rung.uri, target_bytes, sort_by, table.s3))
    rung.rewritten += table.link.traffic().bytes_in - start


def _account(table: Bench, rung: Rung) -> Account:
    """Nothing was deleted, so what the store lists is all that was ever written."""
    merged = sum(done.bytes_written for done in rung.compactions)
    appended = rung.versions[0].bytes
    for number, (before, after) in enumerate(pairwise(rung.versions), 1):
        done = rung.compactions[number // rung.every - 1] if number % rung.every == 0 else None
        appended += after.bytes - (done.after if done else before).bytes
    listed = stock(open_files(rung.uri, table.direct))
    return account(rung.written + rung.rewritten, Stock(0, 0), listed, appended + merged)


def look_all(
    table: Bench, rungs: Sequence[Rung], layout: Layout, query: Query, threads: int, looks: int, seed: int
) -> None:
    """Time the query on every rung at `looks` moments, all rungs and moments in one random order."""
    random = np.random.default_rng(seed)
    work = [(rung, moment) for rung in rungs for moment in moments(rung.files, looks, random)]
    with session(table.s3, threads) as duck, table.link.delay(table.rtt_s):
        for place in random.permutation(len(work)):
            rung, moment = work[place]
            version = rung.versions[moment]
            answer, crossed = over_link(table, duck, query, rung.uri, layout, version.number)
            rung.looks.append(Look(moment + 1, answer.files, answer.seconds, crossed.bytes_out))


def moments(files: Sequence[int], looks: int, random: np.random.Generator) -> list[int]:
    """Which micro-batches stand for all: one of each of `looks` equal stretches, together with as many files as the mean.

    Balanced sampling: of many random choices the one whose mean number of files is nearest to that of all micro-batches.
    Nothing but counts, known beforehand, goes into the choice.
    """
    stretches = [part for part in np.array_split(np.arange(len(files)), looks) if len(part)]
    count, mean = np.asarray(files), float(np.mean(files))
    draws = [[int(random.choice(part)) for part in stretches] for _ in range(_DRAWS)]
    return min(draws, key=lambda chosen: abs(count[chosen].mean() - mean))
