"""Timed queries: every layout, before and after compaction, over the link and on the local disk, interleaved.

Each cell is timed equally often, whatever it takes: with fewer timings of slow cells, a least or a median of them
would not be comparable.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.experiments.parquet_compaction.measure.bench import Bench
from lab.experiments.parquet_compaction.measure.datasets import STATES, Dataset
from lab.experiments.parquet_compaction.mechanism.files import local
from lab.experiments.parquet_compaction.mechanism.layouts import Layout
from lab.experiments.parquet_compaction.mechanism.reader import Answer, Query, Rows, ask, session
from lab.load.interleave import interleaved
from lab.services.countingproxy import Traffic

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


STORE, DISK = "store", "disk"  # places
NOTHING = Traffic()
Work = tuple[Dataset, Query]
Cell = tuple[Dataset, Query, str]


@dataclass(frozen=True)
class Timing:
    """One timed query. place: STORE (over the link) or DISK; traffic: what crossed the link for it.

    read_bytes: from the store, or from the disk by the kernel's account.
    """

    layout: str
    query: str
    state: str
    place: str
    files: int
    seconds: float
    rows: Rows
    read_bytes: int
    traffic: Traffic = NOTHING


def time_linked(table: Bench, work: Sequence[Work], threads: int, repeats: int, seed: int) -> list[Timing]:
    """Each query on its dataset in both states over the link, in random order, `repeats` times over."""
    found = []
    with session(table.s3, threads) as duck, table.link.delay(table.rtt_s):
        for _, (dataset, query, state) in interleaved(_cells(work), repeats, seed):
            number = dataset.version(state).number
            answer, crossed = over_link(table, duck, query, dataset.uri, dataset.layout, number)
            names = (dataset.layout.name, query.name, state, STORE)
            found.append(
                Timing(*names, answer.files, answer.seconds, answer.rows, crossed.bytes_out, crossed)
            )
    return found


def time_on_disk(work: Sequence[Work], copies: Mapping[str, str], threads: int, seed: int) -> list[Timing]:
    """The same once on local copies (dataset's name -> address), the kernel's cache emptied before each query."""
    found = []
    with session(None, threads) as duck:
        for _, (dataset, query, state) in interleaved(_cells(work), 1, seed):
            uri, number = copies[dataset.name], dataset.version(state).number
            drop_cached(uri)
            before = read_from_disk()
            answer = ask(duck, query, uri, dataset.layout, None, number)
            names = (dataset.layout.name, query.name, state, DISK)
            found.append(Timing(*names, answer.files, answer.seconds, answer.rows, read_from_disk() - before))
    return found


def _cells(work: Sequence[Work]) -> list[Cell]:
    return [(dataset, query, state) for dataset, query in work for state in STATES]


def over_link(
    table: Bench, duck: DuckDBPyConnection, query: Query, uri: str, layout: Layout, version: int
) -> tuple[Answer, Traffic]:
    """One query on one version in the store, and what crossed the link for it."""
    before = table.link.traffic()
    answer = ask(duck, query, uri, layout, table.s3, version)
    return answer, table.link.traffic().since(before)


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
