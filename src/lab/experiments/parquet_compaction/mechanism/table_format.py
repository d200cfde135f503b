"""A dataset: immutable Parquet files, and a log that says which of them make it up, version by version.

Each version is one immutable object, `_log/VERSION.json`, that lists all files of the dataset. A reader lists
the log, reads the newest version and then only the files that it names, so it sees one version whole. A
writer commits by creating the next version; of two writers that try, one succeeds, and the other looks at
what has changed and tries again. Files are never changed. (Delta Lake's protocol, with a checkpoint for each
version instead of increments.)
"""

from __future__ import annotations

import io
import json
import re
import time
import uuid
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from lab.errors import LabError
from lab.experiments.parquet_compaction.mechanism.files import IN_FLIGHT, Entry, Files
from lab.experiments.parquet_compaction.mechanism.layouts import Layout
from lab.experiments.parquet_compaction.mechanism.partition_values import folder
from lab.experiments.parquet_compaction.mechanism.schemas import concat, refuse_twins

if TYPE_CHECKING:
    import pyarrow as pa


LOG = "_log/"
DATA = "data/"
ROW_GROUP = 32_768  # rows; the unit that a reader can skip by its minimum and maximum
# Data files: in folders of partitions, with names that are unique without them.
OURS = re.compile(rf"{DATA}([^/]*[=!][^/]*/)*[0-9a-f]{{32}}\.parquet")
_NUMBERED = re.compile(rf"{LOG}\d{{12}}\.json")
_TRIES = 50


class ConflictError(LabError):
    """Another writer has replaced files that this commit would replace."""


@dataclass(frozen=True)
class DataFile:
    """One Parquet file. partition: value of each partition key, as text."""

    path: str
    rows: int
    bytes: int
    partition: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Version:
    """The dataset at one moment. commit: unique, so that a writer recognises its own."""

    number: int
    files: tuple[DataFile, ...]
    operation: str = ""
    commit: str = ""
    written_s: float = 0.0

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


EMPTY = Version(-1, ())


def current(files: Files) -> Version:
    """The newest version: one LIST, one GET. `EMPTY` if nothing was ever committed."""
    entries = versions(files)
    return read_version(files, number_of(entries[-1].path)) if entries else EMPTY


def versions(files: Files) -> list[Entry]:
    """The log's objects, in the order of their numbers; whatever else lies there is none of its own."""
    return [entry for entry in files.entries(LOG) if _NUMBERED.fullmatch(entry.path)]


def read_version(files: Files, number: int) -> Version:
    """One version. FileNotFoundError if it never was or was cleaned away."""
    said = json.loads(files.read(path_of(number)))
    return Version(**(said | {"files": tuple(DataFile(**item) for item in said["files"])}))


def commit(
    files: Files, added: Collection[DataFile], removed: Collection[DataFile] = (), operation: str = "append"
) -> Version:
    """The next version: the newest one without `removed`, with `added`.

    ConflictError if another writer has taken one of `removed` away, or if a file of `added` is already there; then
    nothing has changed.
    """
    gone, mine = {file.path for file in removed}, uuid.uuid4().hex
    for _ in range(_TRIES):
        base = current(files)
        if missing := gone - {file.path for file in base.files}:
            raise ConflictError(f"{files.uri}: {len(missing)} of the files to replace are no longer in use")
        kept = tuple(file for file in base.files if file.path not in gone)
        paths = [file.path for file in (*kept, *added)]
        if len(set(paths)) < len(paths):
            raise ConflictError(f"{files.uri}: a file would be in the dataset twice, with each of its rows")
        made = Version(base.number + 1, (*kept, *added), operation, mine, time.time())
        if _create(files, made):
            return made
    raise ConflictError(f"{files.uri}: {_TRIES} commits of others came first")


def _create(files: Files, version: Version) -> bool:
    if files.create(path_of(version.number), json.dumps(asdict(version)).encode()):
        return True
    # A client that repeats a PUT whose answer was lost finds its own object in the way.
    return read_version(files, version.number).commit == version.commit


def path_of(number: int) -> str:
    return f"{LOG}{number:012d}.json"


def number_of(path: str) -> int:
    return int(path.removeprefix(LOG).removesuffix(".json"))


def append(files: Files, rows: pa.Table, layout: Layout) -> Version:
    """Add `rows` to the dataset: one new file in each partition that they touch, then one commit; no rows, no commit.

    SchemaError or PartitionError for columns that can't be stored or partitioned by; then nothing has changed.
    """
    refuse_twins("append", rows.schema)
    parts = list(layout.divide(rows))
    if not parts:
        return current(files)
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        added = list(pool.map(lambda part: write(files, part[1], part[0]), parts))
    return commit(files, added)


def write(files: Files, rows: pa.Table, partition: Mapping[str, str]) -> DataFile:
    """One new data file; nobody reads it before a commit names it."""
    folders = "".join(folder(name, value) for name, value in partition.items())
    content = encode(rows)
    file = DataFile(
        f"{DATA}{folders}{uuid.uuid4().hex}.parquet", rows.num_rows, len(content), dict(partition)
    )
    files.write(file.path, content)
    return file


def encode(rows: pa.Table) -> bytes:
    """A table as the content of a Parquet file."""
    from pyarrow import parquet

    buffer = io.BytesIO()
    parquet.write_table(rows, buffer, row_group_size=ROW_GROUP)
    return buffer.getvalue()


def fetch(files: Files, wanted: Iterable[DataFile]) -> pa.Table:
    """The rows of several files, under one schema. SchemaError if their columns can't be one table."""
    import pyarrow as pa
    from pyarrow import parquet

    paths = [file.path for file in wanted]
    contents = files.read_all(paths)
    rows = [parquet.ParquetFile(pa.BufferReader(content)).read() for content in contents]
    return concat(list(zip(paths, rows, strict=True)))
