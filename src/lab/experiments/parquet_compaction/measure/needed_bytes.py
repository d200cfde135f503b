"""Which bytes of which files a query can't do without: to tell whether they were fetched for it.

Bytes in sum do not tell: a footer that is read twice makes up for a column that came from a cache. So each needed
range is held against the ranges that crossed the link.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.experiments.parquet_compaction.mechanism.files import Files
from lab.experiments.parquet_compaction.mechanism.reader import Query
from lab.services.countingproxy import Read

if TYPE_CHECKING:
    from pyarrow import parquet

Range = tuple[int, int]  # first byte, and the one after the last
_TAIL = 8  # bytes: length of the footer, magic number


def ranges_of(content: bytes, query: Query) -> list[Range]:
    """Of one Parquet file: its footer, and the needed columns of each row group with a row that the query wants.

    A row group without such a row may be skipped by its minima and maxima, so it is not counted as needed.
    """
    import pyarrow as pa
    from pyarrow import parquet

    file = parquet.ParquetFile(pa.BufferReader(content))
    length = int.from_bytes(content[-_TAIL:-4], "little")
    found = [(len(content) - _TAIL - length, len(content))]
    for number in range(file.num_row_groups):
        if _wanted(file, number, query):
            found += _chunks(file, number, query.columns)
    return found


def _wanted(file: parquet.ParquetFile, number: int, query: Query) -> bool:
    from pyarrow import parquet

    if not query.filters:
        return True
    rows = file.read_row_group(number, columns=[name for name, _, _ in query.filters])
    return rows.filter(parquet.filters_to_expression(list(query.filters))).num_rows > 0


def _chunks(file: parquet.ParquetFile, number: int, columns: Sequence[str]) -> list[Range]:
    group, found = file.metadata.row_group(number), []
    for place in range(group.num_columns):
        chunk = group.column(place)
        if chunk.path_in_schema in columns:
            first = chunk.dictionary_page_offset or chunk.data_page_offset
            found.append((first, first + chunk.total_compressed_size))
    return found


@dataclass
class Needs:
    """What a query needs of files, remembered: files never change."""

    _known: dict[tuple[str, str, str], list[Range]] = field(default_factory=dict)
    _contents: dict[str, bytes] = field(default_factory=dict)  # of one dataset at a time
    _uri: str = ""

    def of(self, files: Files, paths: Iterable[str], query: Query) -> dict[str, list[Range]]:
        """Needed ranges by path. Reads the files, so `files` should not be behind a delay."""
        wanted = list(paths)
        new = [path for path in wanted if (files.uri, path, query.name) not in self._known]
        for path, content in self._read(files, new).items():
            self._known[files.uri, path, query.name] = ranges_of(content, query)
        return {path: self._known[files.uri, path, query.name] for path in wanted}

    def _read(self, files: Files, paths: Sequence[str]) -> dict[str, bytes]:
        if files.uri != self._uri:
            self._uri, self._contents = files.uri, {}
        new = [path for path in paths if path not in self._contents]
        self._contents |= zip(new, files.read_all(new), strict=True)
        return {path: self._contents[path] for path in paths}


def total(needed: Iterable[Sequence[Range]]) -> int:
    """Bytes in all ranges; those of one file do not overlap."""
    return sum(end - first for ranges in needed for first, end in ranges)


def missed(needed: dict[str, list[Range]], root: str, reads: Iterable[Read]) -> int:
    """Needed bytes that none of `reads` asked for. root: what an object's path begins with, before the file's."""
    fetched = defaultdict(list)
    for read in reads:
        end = float("inf") if read.last is None else read.last + 1
        fetched[read.path].append((float(read.first), end))
    return sum(
        _uncovered(wanted, sorted(fetched[f"{root}/{path}"]))
        for path, ranges in needed.items()
        for wanted in ranges
    )


def _uncovered(wanted: Range, fetched: Sequence[tuple[float, float]]) -> int:
    """Bytes of `wanted` in none of the `fetched`, which are sorted."""
    at, end, lacking = float(wanted[0]), wanted[1], 0.0
    for first, last in fetched:
        if first >= end:
            break
        lacking += max(0.0, first - at)
        at = max(at, last)
    return int(lacking + max(0.0, end - at))
