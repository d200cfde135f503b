"""How a dataset is kept: compaction with a log, and compaction in place (the control).

In place means as a cron job over a folder does it. Readers list the data folder and read what they find. The
compaction writes the merged file into it, then deletes its sources; in between both are there, and during the
deletions some of each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
