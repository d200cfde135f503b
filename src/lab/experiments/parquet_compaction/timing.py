"""Timed queries: every layout, before and after compaction, over the link and on the local disk, interleaved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lab.experiments.parquet_compaction.bench import Bench
from lab.experiments.parquet_compaction.datasets import STATES, Dataset
from lab.experiments.parquet_compaction.layouts import Layout
from lab.experiments.parquet_compaction.reader import (
    Answer,
    Query,
    Rows,
    ask,
    drop_cached,
    read_from_disk,
    session,
)
from lab.services.countingproxy import Traffic

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# A cell that took longer is not timed again: what disturbs it is small beside it.
LONG_S = 0.6
NOTHING = Traffic()


@dataclass(frozen=True)
class Timing:
    """One timed query. place: "store" (over the link) or "disk"; traffic: what crossed the link for it.

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


def time_all(
    table: Bench, work: Sequence[tuple[Dataset, Query]], threads: int, repeats: int, seed: int
) -> list[Timing]:
    """Each query on its dataset in both states over the link, in random order, `repeats` times over."""
    cells = [(dataset, query, state) for dataset, query in work for state in STATES]
    random, found, long = np.random.default_rng(seed), [], set()
    with session(table.s3, threads) as duck, table.link.delay(table.rtt_s):
        for _ in range(repeats):
            for place in random.permutation(len(cells)):
                if place in long:
                    continue
                found.append(_over_link(table, duck, *cells[place]))
                if found[-1].seconds > LONG_S:
                    long.add(place)
    return found


def _over_link(table: Bench, duck: DuckDBPyConnection, dataset: Dataset, query: Query, state: str) -> Timing:
    number = dataset.version(state).number
    answer, crossed = over_link(table, duck, query, dataset.uri, dataset.layout, number)
    return _timing(dataset, query, state, "store", answer, crossed.bytes_out, crossed)


def over_link(
    table: Bench, duck: DuckDBPyConnection, query: Query, uri: str, layout: Layout, version: int
) -> tuple[Answer, Traffic]:
    """One query on one version in the store, and what crossed the link for it."""
    before = table.link.traffic()
    answer = ask(duck, query, uri, layout, table.s3, version)
    return answer, table.link.traffic().since(before)


def time_on_disk(
    copies: Mapping[str, str], work: Sequence[tuple[Dataset, Query]], threads: int, seed: int
) -> list[Timing]:
    """The same on the local copies (dataset's name -> address), the kernel's cache emptied before each query."""
    cells = [(dataset, query, state) for dataset, query in work for state in STATES]
    order = np.random.default_rng(seed).permutation(len(cells))
    with session(None, threads) as duck:
        return [_on_disk(duck, copies[cells[place][0].name], *cells[place]) for place in order]


def _on_disk(duck: DuckDBPyConnection, uri: str, dataset: Dataset, query: Query, state: str) -> Timing:
    number = dataset.version(state).number
    return _timing(dataset, query, state, "disk", *on_disk(duck, query, uri, dataset.layout, number))


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
    traffic: Traffic = NOTHING,
) -> Timing:
    names = (dataset.layout.name, query.name, state, place)
    return Timing(*names, answer.files, answer.seconds, answer.rows, read_bytes, traffic)
