"""How a dataset is kept: compaction with a log, compaction in place (the control), and one that is killed.

In place means as a cron job over a folder does it. Readers list the data folder and read what they find. The
compaction writes the merged file into it, then deletes its sources; in between both are there, and during the
deletions some of each.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.experiments.parquet_compaction.mechanism import table_format
from lab.experiments.parquet_compaction.mechanism.compaction import compact, vacuum
from lab.experiments.parquet_compaction.mechanism.files import open_files
from lab.experiments.parquet_compaction.mechanism.table_format import DATA, DataFile, fetch, write
from lab.services.s3 import S3


def nothing(*_: object) -> None:
    """No clean-up."""


@dataclass(frozen=True)
class Upkeep:
    """How a dataset is kept. step: merge once, True if it rewrote anything; files: how a reader finds what to read.

    clean: take away what is no longer needed, after each step.
    """

    name: str
    step: Callable[[str, int, Sequence[str], S3], bool]
    files: Callable[[str, S3], Sequence[DataFile]]
    clean: Callable[[str, S3], object] = nothing


def with_log(grace_s: float = 20.0) -> Upkeep:
    """Commits of a log, and a grace period that is longer than any reading."""

    def step(uri: str, target_bytes: int, sort_by: Sequence[str], s3: S3) -> bool:
        return compact(uri, target_bytes, sort_by, s3).bytes_written > 0

    def clean(uri: str, s3: S3) -> int:
        return vacuum(uri, grace_s, s3)

    return Upkeep("with a log", step, lambda uri, s3: table_format.current(open_files(uri, s3)).files, clean)


def in_place() -> Upkeep:
    """The control: no log; readers list the folder."""

    def step(uri: str, target_bytes: int, sort_by: Sequence[str], s3: S3) -> bool:
        compact_in_place(uri, sort_by, s3)
        return True

    return Upkeep("in place", step, listed)


def listed(dataset_uri: str, s3: S3 | None = None) -> list[DataFile]:
    """The files that are in the data folder now; their partition from their path."""
    return [
        DataFile(entry.path, 0, entry.bytes, _partition(entry.path))
        for entry in open_files(dataset_uri, s3).entries(DATA)
    ]


def compact_in_place(dataset_uri: str, sort_by: Sequence[str] = (), s3: S3 | None = None) -> None:
    """Merge each partition into one file, in front of everybody's eyes."""
    files = open_files(dataset_uri, s3)
    partitions = defaultdict(list)
    for file in listed(dataset_uri, s3):
        partitions[tuple(file.partition.items())].append(file)
    for found in partitions.values():
        rows = fetch(files, found).sort_by([(name, "ascending") for name in sort_by])
        write(files, rows, found[0].partition)
        files.delete(file.path for file in found)


def _partition(path: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in path.split("/")[1:-1] if "=" in part)


@dataclass(frozen=True)
class Stage:
    """Where a compaction is killed: the store lets so many requests of one operation through, the next one is held.

    switched: whether the log has been switched to the new files by then.
    """

    name: str
    operation: str
    through: int
    switched: bool


def stages(partitions: int, batches: int) -> list[Stage]:
    """A compaction of `batches` loads into `partitions` files, and the clean-up after it, on their way.

    It PUTs one file for each partition, then the log's next version; the clean-up deletes the older versions, one for
    each load, then the old files, one for each load and partition, by a POST (DeleteObjects) each.
    """
    return [
        Stage("between two new files", "PUT", 1, switched=False),
        Stage("all new files written, log not switched", "PUT", partitions, switched=False),
        Stage("half of the old files removed", "POST", batches + batches * partitions // 2, switched=True),
    ]


def victim(uri: str, target_bytes: int, sort_by: Sequence[str], s3: S3, ready: Path, go: Path) -> None:
    """Compaction and clean-up in a process of its own, which waits for the file `go`."""
    table_format.current(open_files(uri, s3))
    ready.touch()
    while not go.exists():
        time.sleep(0.002)
    compact(uri, target_bytes, sort_by, s3)
    vacuum(uri, 0, s3)
