"""Timed queries: every layout, before and after compaction, over the link and on the local disk, interleaved.

Each cell is timed equally often, whatever it takes: with fewer timings of slow cells, a least or a median of them
would not be comparable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from lab.experiments.parquet_compaction.bench import Bench
from lab.experiments.parquet_compaction.datasets import STATES, Dataset
from lab.experiments.parquet_compaction.files import open_files
from lab.experiments.parquet_compaction.layouts import Layout
from lab.experiments.parquet_compaction.needs import Needs, Range, missed, total
from lab.experiments.parquet_compaction.reader import (
    Answer,
    Query,
    Rows,
    ask,
    drop_cached,
    prune,
    read_from_disk,
    session,
)
from lab.services.countingproxy import Traffic

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NOTHING = Traffic()
Work = tuple[Dataset, Query]
Cell = tuple[Dataset, Query, str]
T = TypeVar("T")


@dataclass(frozen=True)
class Timing:
    """One timed query. place: "store" (over the link) or "disk"; traffic: what crossed the link for it.

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
            for cell, ranges in _shuffled(
                list(zip(_cells(work), needed, strict=True)), self.repeats, self.seed
            ):
                found.append(self._over_link(duck, *cell, ranges))
        return found

    def near(self, work: Sequence[Work], copies: Mapping[str, str]) -> list[Timing]:
        """The same on the local copies (dataset's name -> address), the kernel's cache emptied before each query."""
        found = []
        with session(None, self.threads) as duck:
            for dataset, query, state in _shuffled(_cells(work), 1, self.seed):
                uri, number = copies[dataset.name], dataset.version(state).number
                answer, fetched = on_disk(duck, query, uri, dataset.layout, number)
                needed = total(self._needed(dataset, query, state).values())
                lacking = max(0, needed - fetched)
                found.append(_timing(dataset, query, state, "disk", answer, fetched, needed, lacking))
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
        return _timing(dataset, query, state, "store", answer, crossed.bytes_out, size, lacking, crossed)

    def _needed(self, dataset: Dataset, query: Query, state: str) -> dict[str, list[Range]]:
        chosen = prune(dataset.version(state).files, dataset.layout, query.where)
        files = open_files(dataset.uri, self.table.direct)
        return self.needs.of(files, (file.path for file in chosen), query)


def _cells(work: Sequence[Work]) -> list[Cell]:
    return [(dataset, query, state) for dataset, query in work for state in STATES]


def _shuffled(cells: Sequence[T], repeats: int, seed: int) -> Iterator[T]:
    """All cells in a random order, `repeats` times over."""
    random = np.random.default_rng(seed)
    for _ in range(repeats):
        yield from (cells[place] for place in random.permutation(len(cells)))


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
