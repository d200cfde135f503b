"""What many files cost before the first byte of one is read: to list them, to plan over a log, to commit to it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from lab.experiments.parquet_compaction.measure.bench import Bench
from lab.experiments.parquet_compaction.mechanism import table_format
from lab.experiments.parquet_compaction.mechanism.files import Files, open_files
from lab.experiments.parquet_compaction.mechanism.layouts import Layout
from lab.experiments.parquet_compaction.mechanism.reader import prune
from lab.experiments.parquet_compaction.mechanism.table_format import DataFile

# Files that the log names. The last one is predicted from the others. An entry seems to cost more in a longer log, so
# the law is fitted near the lengths that it is asked about.
ENTRIES = (3_000, 9_000, 18_000, 27_000)
LISTED = 2_000  # objects: two full answers to LIST
DAYS = 365
_TRIES = (4, 4, 4, 6)  # single commits vary; most tries where the law is judged
T = TypeVar("T")


@dataclass(frozen=True)
class Planned:
    """One timing at `files` files. what: "commit" (append one file), "plan" (read the log, leave files out), "LIST"."""

    what: str
    files: int
    seconds: float
    bytes: int = 0  # of the log's version
    requests: int = 0  # LIST requests


def time_planning(table: Bench, layout: Layout, buckets: int, seed: int) -> list[Planned]:
    """Each of them `_TRIES` times over the link, the sizes in a random order."""
    stores = {size: _many_entries(table, size, buckets) for size in ENTRIES}
    _many_objects(table)
    order = np.random.default_rng(seed).permutation(np.repeat(ENTRIES, _TRIES)).tolist()
    found = []
    with table.link.delay(table.rtt_s):
        for size in order:
            found += _one(stores[size], layout)
        found += [_list(table) for _ in range(min(_TRIES))]
    return found


def _one(files: Files, layout: Layout) -> list[Planned]:
    """A query's planning and a writer's commit, on the same log."""
    where = {"user_id": [7], "day": [DAYS // 2]}
    kept, plan_s = _timed(lambda: prune(table_format.current(files).files, layout, where))
    assert kept
    made, commit_s = _timed(lambda: table_format.commit(files, [_entry(0, 1)]))
    newest = next(
        item for item in files.entries(table_format.LOG) if item.path == table_format.path_of(made.number)
    )
    count = len(made.files)
    return [Planned("plan", count, plan_s, newest.bytes), Planned("commit", count, commit_s, newest.bytes)]


def _list(table: Bench) -> Planned:
    before = table.link.traffic()
    count, seconds = _timed(lambda: len(open_files(table.uri("many"), table.s3).entries("")))
    return Planned("LIST", count, seconds, requests=table.link.traffic().since(before).count("LIST"))


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    found = work()
    return found, time.perf_counter() - started


def _many_entries(table: Bench, size: int, buckets: int) -> Files:
    """A log of one version that names `size` files. The files themselves are not there: nobody opens them."""
    table_format.commit(
        open_files(table.uri(f"log-{size}"), table.direct),
        [_entry(number, buckets) for number in range(size)],
    )
    return open_files(table.uri(f"log-{size}"), table.s3)


def _entry(number: int, buckets: int) -> DataFile:
    keys = {"day": str(number % DAYS), "bucket": str(number // DAYS % buckets)}
    folders = "".join(f"{name}={value}/" for name, value in keys.items())
    return DataFile(f"data/{folders}{uuid.uuid4().hex}.parquet", 5_555, 734_003, keys)


def _many_objects(table: Bench) -> None:
    files = open_files(table.uri("many"), table.direct)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: files.write(f"data/{number:06d}", b"1"), range(LISTED)))
