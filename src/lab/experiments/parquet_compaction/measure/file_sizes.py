"""One large scan in files of several sizes; and one dataset's files opened twice with DuckDB's caches as they ship."""

from __future__ import annotations

import uuid
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
PART = 4  # of the large scan, one in so many files is a scan that the model may be fitted on
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
class _Scan:
    uri: str
    version: int
    whole: bool
    files: int
    file_bytes: int
    rows: int


def time_sizes(
    table: Bench,
    rows: pa.Table,
    counts: Sequence[int],
    query: Query,
    threads: int,
    repeats: int,
    seed: int,
) -> list[Sized]:
    """`query` on `TIMES` as many rows, in each of `counts` files, over the link, in turns; and on a part of the files."""
    scans = [scan for count in counts for scan in _divided(table, rows, count)]
    found = []
    with session(table.s3, threads) as duck, table.link.delay(table.rtt_s):
        for _, scan in interleaved(scans, repeats, seed):
            answer, crossed = over_link(table, duck, query, scan.uri, _NO_KEYS, scan.version)
            right = answer.rows[0][0] == scan.rows
            read = crossed.bytes_out
            found.append(Sized(scan.whole, scan.files, scan.file_bytes, answer.seconds, read, right))
    return found


def _divided(table: Bench, rows: pa.Table, count: int) -> list[_Scan]:
    """`count` files of equal content, which is encoded once; the first version names one in `PART`, the second all."""
    files = open_files(table.uri(f"files-{count}"), table.direct)
    each = rows.num_rows * TIMES // count
    content = encode(_repeated(rows, each))
    made = [DataFile(f"{DATA}{uuid.uuid4().hex}.parquet", each, len(content)) for _ in range(count)]
    with ThreadPoolExecutor(IN_FLIGHT // 2) as pool:
        list(pool.map(lambda file: files.write(file.path, content), made))
    edge = count // PART if count % PART == 0 else 0
    parts = [made[:edge], made[edge:]] if edge else [made]
    versions = [commit(files, part) for part in parts]
    return [
        _Scan(
            files.uri,
            version.number,
            len(version.files) == count,
            len(version.files),
            len(content),
            version.rows,
        )
        for version in versions
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


def time_visits(table: Bench, dataset: Dataset, query: Query, threads: int, repeats: int) -> list[Visit]:
    """The dataset before its compaction, scanned twice by each of `repeats` new sessions."""
    found, number = [], dataset.version("before").number
    with table.link.delay(table.rtt_s):
        for _ in range(repeats):
            with session(table.s3, threads, cached=True) as duck:
                for visit in (FIRST, AGAIN):
                    answer, crossed = over_link(table, duck, query, dataset.uri, dataset.layout, number)
                    trips = crossed.total + crossed.connections
                    found.append(Visit(visit, answer.files, answer.seconds, trips))
    return found
