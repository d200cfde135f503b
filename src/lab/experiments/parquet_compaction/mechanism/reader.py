"""Queries by DuckDB with its caches switched off: neither rows nor footers nor connections outlive a query.

DuckDB's requests are predictable: of each file one HEAD, one GET for the footer, and a GET for each row
group's run of neighbouring columns, over two connections that it opens for that file. So a file costs five
round trips before its rows come. It works on as many files at once as it has threads.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab import duck
from lab.experiments.parquet_compaction.mechanism import table_format
from lab.experiments.parquet_compaction.mechanism.files import Files, open_files
from lab.experiments.parquet_compaction.mechanism.layouts import Layout, Where
from lab.experiments.parquet_compaction.mechanism.partition_values import identity
from lab.experiments.parquet_compaction.mechanism.table_format import DataFile
from lab.services.s3 import S3

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


Rows = list[tuple]


@dataclass(frozen=True)
class Query:
    """SQL over the dataset as table `t`. where: by which columns files can be left out. name: for figures."""

    name: str
    sql: str
    where: Where = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What a query gave, from which files, in what time (planning included)."""

    rows: Rows
    files: int
    seconds: float


def ask(
    connection: DuckDBPyConnection,
    query: Query,
    dataset_uri: str,
    layout: Layout,
    s3: S3 | None,
    version: int | None = None,
) -> Answer:
    """The query on one version of the dataset (the newest by default), planned and run cold."""
    started = time.perf_counter()
    files = open_files(dataset_uri, s3)
    chosen = table_format.current(files) if version is None else _at(files, version)
    needed = prune(chosen.files, layout, query.where)
    rows = run(connection, query.sql, [files.url(file.path) for file in needed])
    return Answer(rows, len(needed), time.perf_counter() - started)


def _at(files: Files, version: int) -> table_format.Version:
    files.entries(table_format.LOG)  # what a reader of the newest version pays too
    return table_format.read_version(files, version)


def prune(found: Collection[DataFile], layout: Layout, where: Where) -> list[DataFile]:
    """The files that can hold rows of `where`, by their partitions; one that lacks a key can't be left out."""
    wanted = layout.wanted(where).items()  # once, not for each of perhaps a million files
    return [
        file
        for file in found
        if all(
            name not in file.partition or identity(file.partition[name]) in values for name, values in wanted
        )
    ]


def run(connection: DuckDBPyConnection, sql: str, urls: Sequence[str]) -> Rows:
    """`sql` over the files as table `t`; no files, no rows."""
    if not urls:
        return []
    connection.execute(f"CREATE OR REPLACE TEMP VIEW t AS SELECT * FROM {source(urls)}")
    return connection.execute(sql).fetchall()


def source(urls: Sequence[str]) -> str:
    """Files as a table expression in SQL."""
    names = ", ".join("'" + url.replace("'", "''") + "'" for url in urls)
    return f"read_parquet([{names}], hive_partitioning=false)"


@contextmanager
def session(s3: S3 | None, threads: int, cached: bool = False) -> Iterator[DuckDBPyConnection]:
    """A DuckDB that opens `threads` files at once; it remembers nothing of a file between two queries unless `cached`."""
    settings = {"threads": str(threads), "enable_external_file_cache": str(cached).lower()}
    with duck.connect(*(("httpfs",) if s3 else ()), settings=settings) as connection:
        if s3:
            enter(connection, s3)
        yield connection


def enter(connection: DuckDBPyConnection, s3: S3) -> None:
    """Let `connection` read from the store."""
    duck.use_store(connection, s3.endpoint, s3.access_key, s3.secret_key, s3.region)
