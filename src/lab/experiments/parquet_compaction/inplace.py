"""The control: compaction without a log, as a cron job over a folder does it.

Readers list the data folder and read what they find. The compaction writes the merged file into it, then
deletes its sources; in between both are there, and during the deletions some of each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from lab.experiments.parquet_compaction.files import open_files
from lab.experiments.parquet_compaction.log import DataFile
from lab.experiments.parquet_compaction.parquet import DATA, fetch, write
from lab.services.s3 import S3


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
    return dict(part.split("=", 1) for part in path.split("/")[1:-1])
