"""How large a file should be: the same rows in few large files or many small ones, read whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lab.experiments.parquet_compaction.bench import Bench
from lab.experiments.parquet_compaction.files import open_files
from lab.experiments.parquet_compaction.layouts import Layout
from lab.experiments.parquet_compaction.log import Version, commit
from lab.experiments.parquet_compaction.parquet import write
from lab.experiments.parquet_compaction.reader import Answer, Query, session
from lab.experiments.parquet_compaction.timing import on_disk, over_link

if TYPE_CHECKING:
    import pyarrow as pa

NO_KEYS = Layout("none")


@dataclass(frozen=True)
class Sized:
    """One timed full scan of the whole log in `files` files of `file_bytes` on average.

    place: "store" (over the link) or "disk"; read_bytes: as in `timing.Timing`.
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
    local = {count: _divide(str(table.disk / f"files-{count}"), rows, count, table) for count in counts}
    order = np.random.default_rng(seed).permutation(np.repeat(list(counts), repeats)).tolist()
    found = []
    with session(table.s3, threads) as linked, session(None, threads) as near:
        for count in order:
            uri, version = stored[count]
            with table.link.delay(table.rtt_s):
                answer, crossed = over_link(table, linked, query, uri, NO_KEYS, version.number)
            found.append(_sized("store", version, answer, crossed.bytes_out))
            uri, version = local[count]
            found.append(_sized("disk", version, *on_disk(near, query, uri, NO_KEYS, version.number)))
    return found


def _divide(uri: str, rows: pa.Table, count: int, table: Bench) -> tuple[str, Version]:
    """The rows as `count` files; where they are, and the version that names them. Not timed: without the link."""
    files = open_files(uri, table.direct)
    edges = np.linspace(0, rows.num_rows, count + 1).astype(int)
    parts = [rows.slice(first, last - first) for first, last in pairwise(edges.tolist())]
    return uri, commit(files, [write(files, part, {}) for part in parts])


def _sized(place: str, version: Version, answer: Answer, read_bytes: int) -> Sized:
    return Sized(place, answer.files, version.bytes / answer.files, answer.seconds, read_bytes)
