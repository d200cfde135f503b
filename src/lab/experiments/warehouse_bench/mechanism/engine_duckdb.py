"""DuckDB as an engine of the bench: a library in this process."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.duck import attach_iceberg, connect
from lab.experiments.warehouse_bench.mechanism import process_usage
from lab.experiments.warehouse_bench.mechanism.dataset import Dataset, Files
from lab.experiments.warehouse_bench.mechanism.engine import Resources, Usage
from lab.services.icebergcatalog import IcebergCatalog

if TYPE_CHECKING:
    import duckdb

NAME = "DuckDB"
_PROFILE = '{"TOTAL_BYTES_READ": "true", "CPU_TIME": "true"}'
_UNITS = {"bytes": 1 / 2**20, "KiB": 1 / 1024, "MiB": 1.0, "GiB": 1024.0, "TiB": 1024.0**2}
_READ = {"parquet": "read_parquet('{path}/*.parquet')", "delta": "delta_scan('{path}')"}


class DuckDB:
    """`use`, `answer` and `usage` for the bench; `register` makes tables."""

    name = NAME

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._reported = {"cpu_time": 0.0, "total_bytes_read": 0.0}
        connection.execute("SET enable_profiling = 'no_output'")
        connection.execute(f"SET custom_profiling_settings = '{_PROFILE}'")

    def use(self, dataset: str) -> None:
        self._connection.execute(f"USE {'ice' if dataset.startswith('iceberg') else 'memory'}.{dataset}")

    def answer(self, sql: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql).fetchall()

    def usage(self) -> Usage:
        seen = process_usage.seen([os.getpid()])
        told = json.loads(self._connection.get_profiling_information("json") or "{}")
        for name in self._reported:
            self._reported[name] += float(told.get(name, 0))
        reported = self._reported
        told_cpu, told_bytes = reported["cpu_time"], reported["total_bytes_read"]
        return Usage(seen.cpu_s, seen.read_bytes, told_cpu, told_bytes, seen.machine_s)

    def resources(self) -> Resources:
        threads, memory = self.answer("SELECT current_setting('threads'), current_setting('memory_limit')")[0]
        return Resources(int(threads), mebibytes(str(memory)), "limit of its buffers", True, 1, 1)

    def register(self, dataset: Dataset, folder: Path, files: Files) -> None:
        """Views on the files in `folder`/TABLE; Iceberg's tables are found by the catalog."""
        if dataset.format == "iceberg":
            return
        self._connection.execute(f"CREATE SCHEMA memory.{dataset.name}")
        for table in files.columns:
            read = _READ[dataset.format].format(path=folder / table)
            self._connection.execute(f"CREATE VIEW memory.{dataset.name}.{table} AS FROM {read}")

    def analyze(self, dataset: Dataset, columns: Mapping[str, Sequence[str]]) -> None:
        """DuckDB takes what it needs from the Parquet files."""

    def attach(self, catalog: IcebergCatalog) -> None:
        """Reach the Iceberg catalog by the name `ice`."""
        attach_iceberg(self._connection, "ice", catalog.uri)


def mebibytes(text: str) -> float:
    """`2.0 GiB` as a number."""
    found = re.fullmatch(r"([\d.]+)\s*(\w+)", text.strip())
    if not found or found[2] not in _UNITS:
        raise ValueError(f"{text!r} is no amount of memory")
    return float(found[1]) * _UNITS[found[2]]


@contextmanager
def engine(memory_mb: int, catalog: IcebergCatalog | None = None) -> Iterator[DuckDB]:
    """DuckDB for the block, with the Iceberg catalog by the name `ice` if one is given."""
    with connect("iceberg", "delta", settings={"memory_limit": f"{memory_mb}MiB"}) as connection:
        found = DuckDB(connection)
        if catalog:
            found.attach(catalog)
        yield found
