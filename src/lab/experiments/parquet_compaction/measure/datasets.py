"""One dataset's life: it arrives in micro-batches, is compacted once, and can be read as it was before and after.

Bytes written are kept by three accounts that know nothing of one another: the link, the store's listing, the compactor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.experiments.parquet_compaction.measure.bench import Bench
from lab.experiments.parquet_compaction.mechanism.compaction import Compaction, compact
from lab.experiments.parquet_compaction.mechanism.files import Files, local, open_files
from lab.experiments.parquet_compaction.mechanism.layouts import Layout
from lab.experiments.parquet_compaction.mechanism.table_format import LOG, Version, append, path_of

if TYPE_CHECKING:
    import pyarrow as pa


STATES = ("before", "after")


@dataclass(frozen=True)
class Account:
    """Bytes of one piece of writing.

    link: bodies of requests that crossed the link. store: growth of what the store lists. own: what the writer says
    of its data files, and the log's growth.
    """

    link: int
    store: int
    own: int

    @property
    def deviation(self) -> float:
        """The largest difference between two accounts, as a share of the store's. NaN if the store lists nothing new."""
        found = (self.link, self.store, self.own)
        if not self.store:
            return 0.0 if not any(found) else float("nan")
        return (max(found) - min(found)) / self.store


@dataclass(frozen=True)
class Stock:
    """Bytes that the store lists: all, and those of the log."""

    all: int
    log: int


def stock(files: Files) -> Stock:
    """What is there now."""
    entries = files.entries("")
    return Stock(
        sum(entry.bytes for entry in entries),
        sum(entry.bytes for entry in entries if entry.path.startswith(LOG)),
    )


def account(link: int, before: Stock, after: Stock, own: int) -> Account:
    """own: bytes of data files that the writer says it wrote."""
    return Account(link, after.all - before.all, own + after.log - before.log)


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
) -> Dataset:
    """Ingest `batches` one by one, then compact; without delay, because neither is timed here."""
    uri = table.uri(name)
    files, near = open_files(uri, table.s3), open_files(uri, table.direct)
    empty, start = stock(near), table.link.traffic().bytes_in
    for batch in batches:
        append(files, batch, layout)
    full, ingested = stock(near), table.link.traffic().bytes_in
    done = compact(uri, target_bytes, sort_by, table.s3)
    end, both = table.link.traffic().bytes_in, stock(near)
    return Dataset(
        name,
        layout,
        uri,
        done,
        account(ingested - start, empty, full, done.before.bytes),
        account(end - ingested, full, both, done.bytes_written),
        both.all,
    )


def copy_to_disk(table: Bench, dataset: Dataset) -> str:
    """The dataset's two versions as the same files on the local disk; the copy's address."""
    source, target = open_files(dataset.uri, table.direct), open_files(str(table.disk / dataset.name))
    versions = {version.number: version for version in (dataset.version(state) for state in STATES)}
    paths = {file.path for version in versions.values() for file in version.files}
    paths |= {path_of(number) for number in versions}
    _copy(source, target, sorted(paths))
    assert (local(target.uri) / LOG).is_dir()
    return target.uri


def _copy(source: Files, target: Files, paths: Sequence[str]) -> None:
    for path, content in zip(paths, source.read_all(paths), strict=True):
        target.write(path, content)
