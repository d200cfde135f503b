"""One dataset's life: it arrives in micro-batches, is compacted once, and can be read as it was before and after.

Bytes written are kept by two accounts that know nothing of one another: the link's and the store's listing.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.experiments.parquet_compaction.measure.bench import Bench
from lab.experiments.parquet_compaction.mechanism.compaction import Compaction, compact
from lab.experiments.parquet_compaction.mechanism.files import IN_FLIGHT, Files, open_files
from lab.experiments.parquet_compaction.mechanism.layouts import Layout
from lab.experiments.parquet_compaction.mechanism.table_format import Version, append, commit, path_of, write

if TYPE_CHECKING:
    import pyarrow as pa


STATES = ("before", "after")


@dataclass(frozen=True)
class Account:
    """Bytes of one piece of writing. link: bodies of requests that crossed it. store: growth of what the store lists."""

    link: int
    store: int

    @property
    def deviation(self) -> float:
        """The difference as a share of the store's. NaN if the store lists nothing new."""
        if not self.store:
            return 0.0 if not self.link else float("nan")
        return abs(self.link - self.store) / self.store


def stock(files: Files) -> int:
    """Bytes that the store lists now."""
    return sum(entry.bytes for entry in files.entries(""))


@dataclass(frozen=True)
class Dataset:
    """What was written where. written: bytes of the ingestion; rewritten: bytes of the compaction."""

    name: str
    layout: Layout
    uri: str
    compaction: Compaction
    written: Account
    rewritten: Account
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
        return self.rewritten.link / self.written.link


def build(
    table: Bench,
    name: str,
    layout: Layout,
    batches: Sequence[pa.Table],
    target_bytes: int,
    sort_by: Sequence[str],
    at_once: bool = False,
) -> Dataset:
    """Ingest `batches` one by one, then compact; without delay, because neither is timed here.

    at_once: in one commit, though in as many files.
    """
    uri = table.uri(name)
    files, near = open_files(uri, table.s3), open_files(uri, table.direct)
    start = table.link.traffic().bytes_in
    if at_once:
        parts = [part for batch in batches for part in layout.divide(batch)]
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            commit(files, list(pool.map(lambda part: write(files, part[1], part[0]), parts)))
    for batch in () if at_once else batches:
        append(files, batch, layout)
    full, ingested = stock(near), table.link.traffic().bytes_in
    done = compact(uri, target_bytes, sort_by, table.s3)
    end, both = table.link.traffic().bytes_in, stock(near)
    written, rewritten = Account(ingested - start, full), Account(end - ingested, both - full)
    return Dataset(name, layout, uri, done, written, rewritten, both)


def copy_to_disk(table: Bench, dataset: Dataset) -> str:
    """The dataset's two versions as the same files on the local disk; the copy's address."""
    source, target = open_files(dataset.uri, table.direct), open_files(str(table.disk / dataset.name))
    versions = [dataset.version(state) for state in STATES]
    paths = {file.path for version in versions for file in version.files}
    wanted = sorted(paths | {path_of(version.number) for version in versions})
    for path, content in zip(wanted, source.read_all(wanted), strict=True):
        target.write(path, content)
    return target.uri
