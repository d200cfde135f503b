"""Compaction that readers do not notice, and the cleaning away of what nobody reads any more."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lab.experiments.parquet_compaction.mechanism import table_format
from lab.experiments.parquet_compaction.mechanism.files import Entry, Files, open_files
from lab.experiments.parquet_compaction.mechanism.schemas import sorted_by
from lab.experiments.parquet_compaction.mechanism.table_format import DATA, DataFile, Version, fetch, write
from lab.services.s3 import S3

# A file of three quarters of the target is left alone: rewriting it would win little.
FULL = 0.75
# A full day's file is not rewritten for the sake of one late straggler (Iceberg calls this min-input-files).
MIN_FILES = 3
_BINS_AT_A_TIME = 4


@dataclass(frozen=True)
class Compaction:
    """What a compaction did. before, after: versions of the dataset; equal if there was nothing to merge."""

    before: Version
    after: Version
    bytes_read: int = 0
    bytes_written: int = 0
    seconds: float = 0.0


def compact(
    dataset_uri: str,
    target_bytes: int,
    sort_by: Sequence[str] = (),
    s3: S3 | None = None,
    min_files: int = MIN_FILES,
) -> Compaction:
    """Merge each partition's small files into files of about `target_bytes`, rows sorted by `sort_by`.

    Safe under readers and writers: new files are written beside the old ones, then one commit of the log
    replaces the old by the new. Old files stay until `vacuum` finds that their grace period is over. Killed at
    any moment, it leaves the dataset as it was or compacted, and perhaps files that no version names; the
    next `vacuum` takes those away. Raises table_format.ConflictError if another compaction replaced the same files.

    Files whose columns differ are merged under one schema that keeps every value (`schemas.concat`); where there is
    none, SchemaError names file, column and types, and nothing was changed. As long as files differ, read them with
    their columns matched by name (DuckDB: union_by_name = true).

    dataset_uri: `s3://bucket/prefix` or a folder. s3: endpoint and keys, by default from the environment.
    min_files: fewer small files than that are not worth a rewrite. Memory: four merged files at once.
    """
    if not target_bytes > 0:
        raise ValueError(f"target_bytes is {target_bytes}: give the bytes of a file, above 0")
    files, started = open_files(dataset_uri, s3), time.perf_counter()
    before = table_format.current(files)
    bins = plan(before.files, target_bytes, min_files)
    if not bins:
        return Compaction(before, before, seconds=time.perf_counter() - started)
    added = _merge_all(files, bins, sort_by)
    removed = [file for small in bins for file in small]
    after = table_format.commit(files, added, removed, "compact")
    read, written = (sum(file.bytes for file in side) for side in (removed, added))
    return Compaction(before, after, read, written, time.perf_counter() - started)


def plan(files: Iterable[DataFile], target_bytes: int, min_files: int = MIN_FILES) -> list[list[DataFile]]:
    """Which files to merge with which: each list becomes one file. Files of one partition only, first fit.

    Size-tiered: a file is merged only with at least as many bytes beside it. So the file that a byte is in at
    least doubles each time the byte is rewritten, which is log2(target / smallest file) times at most.
    """
    partitions = defaultdict(list)
    for file in files:
        if file.bytes < FULL * target_bytes:
            partitions[tuple(file.partition.items())].append(file)
    bins = [_doubling(packed) for small in partitions.values() for packed in _pack(small, target_bytes)]
    return [packed for packed in bins if len(packed) >= max(2, min_files)]


def _doubling(packed: Iterable[DataFile]) -> list[DataFile]:
    """The most files of `packed` of which none is larger than all others together."""
    found = sorted(packed, key=lambda file: file.bytes)
    total = sum(file.bytes for file in found)
    while found and 2 * found[-1].bytes > total:
        total -= found.pop().bytes
    return found


def _pack(small: Iterable[DataFile], target_bytes: int) -> list[list[DataFile]]:
    bins: list[list[DataFile]] = []
    room: list[int] = []
    for file in small:
        place = next((number for number, left in enumerate(room) if left >= file.bytes), None)
        if place is None:
            bins.append([file])
            room.append(target_bytes - file.bytes)
        else:
            bins[place].append(file)
            room[place] -= file.bytes
    return bins


def _merge_all(files: Files, bins: Sequence[Sequence[DataFile]], sort_by: Sequence[str]) -> list[DataFile]:
    """One file for each bin; if one bin fails, what was written for the others is taken away again."""
    with ThreadPoolExecutor(_BINS_AT_A_TIME) as pool:
        made = [pool.submit(_merge, files, small, sort_by) for small in bins]
    if failed := next((error for done in made if (error := done.exception())), None):
        files.delete(done.result().path for done in made if not done.exception())
        raise failed
    return [done.result() for done in made]


def _merge(files: Files, small: Sequence[DataFile], sort_by: Sequence[str]) -> DataFile:
    rows = sorted_by(fetch(files, small), sort_by)
    return write(files, rows, small[0].partition)


def vacuum(dataset_uri: str, grace_s: float, s3: S3 | None = None) -> int:
    """Delete data files that no version of the last `grace_s` seconds names, and older versions; how many files.

    `grace_s` must exceed the longest query and the longest write: a reader may still be at a version that
    was replaced so long ago, and a writer may not yet have committed the files that it writes.

    Only what is proven dead is deleted: a file with a name and in a folder of the kind that `write` gives, which no kept
    version has, in whatever spelling the store lists its folder. Other files, all files of a folder without a log, and
    datasets within the dataset's folder are left alone. ValueError for a `grace_s` that is negative or no number.
    """
    if not grace_s >= 0:
        raise ValueError(f"grace_s is {grace_s}: give the seconds of the longest query, 0 or more")
    files, now = open_files(dataset_uri, s3), time.time()
    versions = table_format.versions(files)
    # A version was current until its successor was written.
    replaced = [entry.modified.timestamp() for entry in versions[1:]]
    old = [entry.path for entry, end in zip(versions, replaced, strict=False) if end < now - grace_s]
    kept = [
        table_format.read_version(files, table_format.number_of(entry.path))
        for entry in versions
        if entry.path not in old
    ]
    stale = _dead(files.entries(DATA), kept, now - grace_s) if kept else []
    # First the names, then what they name: a reader never finds a version without its files.
    files.delete(old)
    files.delete(stale)
    return len(stale)


def _dead(found: Iterable[Entry], kept: Iterable[Version], before_s: float) -> list[str]:
    """Of the data files `found`, those of our making that are older than `before_s` and in no version of `kept`."""
    alive = {file.path.rsplit("/", 1)[-1] for version in kept for file in version.files}
    names = {
        entry.path: entry.path.rsplit("/", 1)[-1] for entry in found if entry.modified.timestamp() < before_s
    }
    return [path for path, name in names.items() if table_format.OURS.fullmatch(path) and name not in alive]
