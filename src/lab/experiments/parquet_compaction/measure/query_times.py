"""Timed queries: every layout, before and after compaction, over the link and on the local disk, interleaved.

Each cell is timed equally often, whatever it takes: with fewer timings of slow cells, a least or a median of them
would not be comparable.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from lab.experiments.parquet_compaction.measure.bench import Bench
from lab.experiments.parquet_compaction.measure.datasets import STATES, Dataset
from lab.experiments.parquet_compaction.measure.needed_bytes import Needs, Range, missed, total
from lab.experiments.parquet_compaction.mechanism.files import local, open_files
from lab.experiments.parquet_compaction.mechanism.layouts import Layout
from lab.experiments.parquet_compaction.mechanism.reader import Answer, Query, Rows, ask, prune, session
from lab.experiments.parquet_compaction.mechanism.table_format import Version, commit, write
from lab.load.interleave import interleaved
from lab.services.countingproxy import Traffic

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection


STORE, DISK = "store", "disk"  # places
NOTHING = Traffic()
Work = tuple[Dataset, Query]
Cell = tuple[Dataset, Query, str]
T = TypeVar("T")
NO_KEYS = Layout("none")


@dataclass(frozen=True)
class Timing:
    """One timed query. place: STORE (over the link) or DISK; traffic: what crossed the link for it.

    read_bytes: from the store, or from the disk by the kernel's account. needed: bytes that a cold query can't do
    without; missed: those of them that were not fetched for it.
    """

    layout: str
    query: str
    state: str
    place: str
    files: int
    seconds: float
    rows: Rows
    read_bytes: int
    needed: int
    missed: int
    traffic: Traffic = NOTHING


class Stopwatch:
    """Times queries on datasets, and knows which bytes each of them needs."""

    def __init__(self, table: Bench, threads: int, repeats: int, seed: int) -> None:
        self.table, self.threads, self.repeats, self.seed = table, threads, repeats, seed
        self.needs = Needs()

    def linked(self, work: Sequence[Work]) -> list[Timing]:
        """Each query on its dataset in both states over the link, in random order, `repeats` times over."""
        needed = [self._needed(*cell) for cell in _cells(work)]  # before anything is delayed
        found = []
        with session(self.table.s3, self.threads) as duck, self.table.link.record():
            turns = interleaved(list(zip(_cells(work), needed, strict=True)), self.repeats, self.seed)
            for _, (cell, ranges) in turns:
                found.append(self._over_link(duck, *cell, ranges))
        return found

    def near(self, work: Sequence[Work], copies: Mapping[str, str]) -> list[Timing]:
        """The same on the local copies (dataset's name -> address), the kernel's cache emptied before each query."""
        found = []
        with session(None, self.threads) as duck:
            for _, (dataset, query, state) in interleaved(_cells(work), 1, self.seed):
                uri, number = copies[dataset.name], dataset.version(state).number
                answer, fetched = on_disk(duck, query, uri, dataset.layout, number)
                needed = total(self._needed(dataset, query, state).values())
                lacking = max(0, needed - fetched)
                found.append(_timing(dataset, query, state, DISK, answer, fetched, needed, lacking))
        return found

    def _over_link(
        self,
        duck: DuckDBPyConnection,
        dataset: Dataset,
        query: Query,
        state: str,
        needed: dict[str, list[Range]],
    ) -> Timing:
        number = dataset.version(state).number
        self.table.link.reads()
        with self.table.link.delay(self.table.rtt_s):
            answer, crossed = over_link(self.table, duck, query, dataset.uri, dataset.layout, number)
        root = dataset.uri.removeprefix("s3:/")
        lacking = missed(needed, root, self.table.link.reads())
        size = total(needed.values())
        return _timing(dataset, query, state, STORE, answer, crossed.bytes_out, size, lacking, crossed)

    def _needed(self, dataset: Dataset, query: Query, state: str) -> dict[str, list[Range]]:
        chosen = prune(dataset.version(state).files, dataset.layout, query.where)
        files = open_files(dataset.uri, self.table.direct)
        return self.needs.of(files, (file.path for file in chosen), query)


def _cells(work: Sequence[Work]) -> list[Cell]:
    return [(dataset, query, state) for dataset, query in work for state in STATES]


def over_link(
    table: Bench, duck: DuckDBPyConnection, query: Query, uri: str, layout: Layout, version: int
) -> tuple[Answer, Traffic]:
    """One query on one version in the store, and what crossed the link for it."""
    before = table.link.traffic()
    answer = ask(duck, query, uri, layout, table.s3, version)
    return answer, table.link.traffic().since(before)


def on_disk(
    duck: DuckDBPyConnection, query: Query, uri: str, layout: Layout, version: int
) -> tuple[Answer, int]:
    """One query on one version in a local folder, and the bytes that the kernel had to fetch for it."""
    drop_cached(uri)
    before = read_from_disk()
    answer = ask(duck, query, uri, layout, None, version)
    return answer, read_from_disk() - before


def _timing(
    dataset: Dataset,
    query: Query,
    state: str,
    place: str,
    answer: Answer,
    read_bytes: int,
    needed: int,
    lacking: int,
    traffic: Traffic = NOTHING,
) -> Timing:
    names = (dataset.layout.name, query.name, state, place)
    return Timing(*names, answer.files, answer.seconds, answer.rows, read_bytes, needed, lacking, traffic)


def drop_cached(dataset_uri: str) -> None:
    """Have the kernel forget the pages of a local dataset, so that the next reading goes to the disk."""
    for path in local(dataset_uri).rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())  # a page that is not yet written can't be dropped
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_from_disk() -> int:
    """Bytes that this process has had fetched from storage, by the kernel's account (proc(5), io: read_bytes)."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("read_bytes")).split()[1])


@dataclass(frozen=True)
class Sized:
    """One timed full scan of the whole log in `files` files of `file_bytes` on average.

    place, read_bytes: as in `Timing`.
    """

    place: str
    files: int
    file_bytes: float
    seconds: float
    read_bytes: int


def time_sizes(
    table: Bench, rows: pa.Table, counts: Sequence[int], query: Query, threads: int, repeats: int, seed: int
) -> list[Sized]:
    """`query` on `rows` in each of `counts` files, `repeats` times, in random order, over the link and on the disk."""
    stored = {count: _divide(table.uri(f"files-{count}"), rows, count, table) for count in counts}
    copied = {count: _divide(str(table.disk / f"files-{count}"), rows, count, table) for count in counts}
    order = np.random.default_rng(seed).permutation(np.repeat(list(counts), repeats)).tolist()
    found = []
    with session(table.s3, threads) as linked, session(None, threads) as near:
        for count in order:
            uri, version = stored[count]
            with table.link.delay(table.rtt_s):
                answer, crossed = over_link(table, linked, query, uri, NO_KEYS, version.number)
            found.append(_sized(STORE, version, answer, crossed.bytes_out))
            uri, version = copied[count]
            found.append(_sized(DISK, version, *on_disk(near, query, uri, NO_KEYS, version.number)))
    return found


def _divide(uri: str, rows: pa.Table, count: int, table: Bench) -> tuple[str, Version]:
    """The rows as `count` files; where they are, and the version that names them. Not timed: without the link."""
    files = open_files(uri, table.direct)
    edges = np.linspace(0, rows.num_rows, count + 1).astype(int)
    parts = [rows.slice(first, last - first) for first, last in pairwise(edges.tolist())]
    return uri, commit(files, [write(files, part, {}) for part in parts])


def _sized(place: str, version: Version, answer: Answer, read_bytes: int) -> Sized:
    return Sized(place, answer.files, version.bytes / answer.files, answer.seconds, read_bytes)
