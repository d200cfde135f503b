"""Tables to Parquet objects and back."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from lab.experiments.parquet_compaction.files import IN_FLIGHT, Files
from lab.experiments.parquet_compaction.layouts import Layout
from lab.experiments.parquet_compaction.log import DataFile, Version, commit

if TYPE_CHECKING:
    import pyarrow as pa

DATA = "data/"
ROW_GROUP = 32_768  # rows; the unit that a reader can skip by its minimum and maximum


def append(files: Files, rows: pa.Table, layout: Layout) -> Version:
    """Add `rows` to the dataset: one new file in each partition that they touch, then one commit."""
    parts = list(layout.divide(rows))
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        added = list(pool.map(lambda part: write(files, part[1], part[0]), parts))
    return commit(files, added)


def write(files: Files, rows: pa.Table, partition: Mapping[str, str]) -> DataFile:
    """One new data file; nobody reads it before a commit names it."""
    folders = "".join(f"{name}={value}/" for name, value in partition.items())
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
    """The rows of several files."""
    import pyarrow as pa
    from pyarrow import parquet

    contents = files.read_all(file.path for file in wanted)
    return pa.concat_tables([parquet.read_table(pa.BufferReader(content)) for content in contents])
