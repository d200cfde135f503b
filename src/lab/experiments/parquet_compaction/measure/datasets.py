"""One dataset's life: it arrives in micro-batches, is compacted once, and can be read as it was before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.experiments.parquet_compaction.measure.bench import Bench
from lab.experiments.parquet_compaction.mechanism.compaction import Compaction, compact
from lab.experiments.parquet_compaction.mechanism.files import Files, open_files
from lab.experiments.parquet_compaction.mechanism.layouts import Layout
from lab.experiments.parquet_compaction.mechanism.table_format import Version, append, path_of

if TYPE_CHECKING:
    import pyarrow as pa


STATES = ("before", "after")


def stock(files: Files) -> int:
    """Bytes that the store lists now."""
    return sum(entry.bytes for entry in files.entries(""))


@dataclass(frozen=True)
class Dataset:
    """What was written where. written, rewritten: bytes over the link of the ingestion and of the compaction."""

    name: str
    layout: Layout
    uri: str
    compaction: Compaction
    written: int
    rewritten: int
    stored_bytes: int  # right after the compaction, the old files still being there

    def version(self, state: str) -> Version:
        """The dataset before or after its compaction."""
        return self.compaction.before if state == "before" else self.compaction.after

    @property
    def merged(self) -> bool:
        """Whether compaction left fewer files than it found."""
        return len(self.version("after").files) < len(self.version("before").files)

    @property
    def amplification(self) -> float:
        """Bytes rewritten for each byte ingested, as the link counted them."""
        return self.rewritten / self.written


def build(
    table: Bench,
    name: str,
    layout: Layout,
    batches: Sequence[pa.Table],
    target_bytes: int,
    sort_by: Sequence[str],
) -> Dataset:
    """Ingest `batches` one by one, then compact; without delay, because neither is timed here."""
    uri = table.uri(name)
    files, start = open_files(uri, table.s3), table.link.traffic().bytes_in
    for batch in batches:
        append(files, batch, layout)
    ingested = table.link.traffic().bytes_in
    done = compact(uri, target_bytes, sort_by, table.s3)
    rewritten = table.link.traffic().bytes_in - ingested
    return Dataset(name, layout, uri, done, ingested - start, rewritten, stock(open_files(uri, table.direct)))


def copy_to_disk(table: Bench, dataset: Dataset) -> str:
    """The dataset's two versions as the same files on the local disk; the copy's address."""
    source, target = open_files(dataset.uri, table.direct), open_files(str(table.disk / dataset.name))
    versions = [dataset.version(state) for state in STATES]
    paths = {file.path for version in versions for file in version.files}
    wanted = sorted(paths | {path_of(version.number) for version in versions})
    for path, content in zip(wanted, source.read_all(wanted), strict=True):
        target.write(path, content)
    return target.uri
