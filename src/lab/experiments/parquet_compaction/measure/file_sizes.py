"""One large scan in files of several sizes; and one dataset's files opened twice with DuckDB's caches as they ship."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.experiments.parquet_compaction.measure.bench import Bench
from lab.experiments.parquet_compaction.measure.datasets import Dataset
from lab.experiments.parquet_compaction.measure.query_times import over_link
from lab.experiments.parquet_compaction.mechanism.files import IN_FLIGHT, open_files
from lab.experiments.parquet_compaction.mechanism.layouts import Layout
from lab.experiments.parquet_compaction.mechanism.reader import Query, session
from lab.experiments.parquet_compaction.mechanism.table_format import DATA, DataFile, commit, encode
from lab.load.interleave import interleaved

if TYPE_CHECKING:
    import pyarrow as pa

TIMES = 10  # the log: size of the large scan
PART = 2  # of the large scan, one in so many files is a scan that the model may be fitted on
_ENOUGH_S = 1.5  # a scan that took so long in all is timed `repeats` times only, a quicker one twice as often
_NO_KEYS = Layout("none")
FIRST, AGAIN = "first", "again"


@dataclass(frozen=True)
class Sized:
    """One timed full scan. whole: of all files, not of one in `PART` of them; right: every row was counted once."""

    whole: bool
    files: int
    file_bytes: int
    seconds: float
    read_bytes: int
    right: bool


@dataclass(frozen=True)
class Scan:
    """A version to scan. whole: as of `Sized`."""

    uri: str
    version: int
    whole: bool
    files: int
    file_bytes: int
    rows: int


def divide(table: Bench, rows: pa.Table, counts: Sequence[int]) -> list[Scan]:
    """`TIMES` as many rows in each of `counts` files, and half of the files."""
    return [scan for count in counts for scan in _divided(table, rows, count)]


def time_sizes(
    table: Bench, scans: Sequence[Scan], query: Query, threads: int, repeats: int, seed: int
) -> list[Sized]:
    """`query` on each of `scans` over the link, in turns."""
    found, spent = [], defaultdict[Scan, list[float]](list)

    def once_more(scan: Scan) -> int:
        return int(len(spent[scan]) < repeats or sum(spent[scan]) < _ENOUGH_S)

    with session(table.s3, threads) as duck, table.link.delay(table.rtt_s):
        for _, scan in interleaved(scans, 2 * repeats, seed, once_more):
            answer, crossed = over_link(table, duck, query, scan.uri, _NO_KEYS, scan.version)
            spent[scan].append(answer.seconds)
            right, read = answer.rows[0][0] == scan.rows, crossed.bytes_out
            found.append(Sized(scan.whole, scan.files, scan.file_bytes, answer.seconds, read, right))
    return found


def _divided(table: Bench, rows: pa.Table, count: int) -> list[Scan]:
    """`count` files of equal content, which is encoded once; the first version names one in `PART`, the second all."""
    files = open_files(table.uri(f"files-{count}"), table.direct)
    each = rows.num_rows * TIMES // count
    content = encode(_repeated(rows, each))
    made = [DataFile(f"{DATA}{uuid.uuid4().hex}.parquet", each, len(content)) for _ in range(count)]
    with ThreadPoolExecutor(IN_FLIGHT // 2) as pool:
        list(pool.map(lambda file: files.write(file.path, content), made))
    edge = count // PART if count % PART == 0 else 0
    versions = [commit(files, part) for part in (made[:edge], made[edge:]) if part]
    return [
        Scan(files.uri, one.number, len(one.files) == count, len(one.files), len(content), one.rows)
        for one in versions
    ]


def _repeated(rows: pa.Table, count: int) -> pa.Table:
    """The first `count` rows of endless repetition."""
    import pyarrow as pa

    whole, rest = divmod(count, rows.num_rows)
    return pa.concat_tables([*([rows] * whole), rows.slice(0, rest)])


@dataclass(frozen=True)
class Visit:
    """One full scan by a DuckDB whose caches are as they ship. visit: FIRST or AGAIN; trips: requests and handshakes."""

    visit: str
    files: int
    seconds: float
    trips: int


def time_visits(table: Bench, dataset: Dataset, query: Query, threads: int) -> list[Visit]:
    """The dataset before its compaction, scanned twice in one session."""
    found, number = [], dataset.version("before").number
    with session(table.s3, threads, cached=True) as duck, table.link.delay(table.rtt_s):
        for visit in (FIRST, AGAIN):
            answer, crossed = over_link(table, duck, query, dataset.uri, dataset.layout, number)
            found.append(Visit(visit, answer.files, answer.seconds, crossed.total + crossed.connections))
    return found
