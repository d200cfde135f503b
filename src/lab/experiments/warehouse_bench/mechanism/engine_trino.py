"""Trino as an engine of the bench: a server, reached by its own client."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from lab.experiments.warehouse_bench.mechanism import process_usage
from lab.experiments.warehouse_bench.mechanism.dataset import Dataset, Files
from lab.experiments.warehouse_bench.mechanism.engine import Resources, Usage
from lab.services import http, trinocatalogs
from lab.services.icebergcatalog import IcebergCatalog
from lab.services.process import Process
from lab.services.session import session
from lab.services.trino import trino

NAME = "Trino"
_CATALOGS = {"parquet": "hive", "iceberg": "ice", "delta": "delta"}


class Trino:
    """`use`, `answer` and `usage` for the bench; `register` makes tables.

    connect: gives a connection of trino.dbapi for a catalog and a schema. url: of the server. pid: its process, None if it
    is attached; then its own statistics must do.
    """

    name = NAME

    def __init__(self, connect: Callable[[str, str], Any], url: str, pid: int | None) -> None:
        self._connect, self._url, self._pid = connect, url, pid
        self._connection = connect("system", "runtime")
        self._connections: dict[str, Any] = {}
        self._pids = (os.getpid(), *(process_usage.with_children(pid) if pid else ()))
        self._reported_cpu_s = self._reported_bytes = 0.0

    def use(self, dataset: str) -> None:
        """A connection for each: where names are looked up goes along with every statement, no USE has to be run."""
        if dataset not in self._connections:
            self._connections[dataset] = self._connect(_CATALOGS[dataset.split("_")[0]], dataset)
        self._connection = self._connections[dataset]

    def answer(self, sql: str) -> list[tuple[Any, ...]]:
        cursor = self._connection.cursor()
        cursor.execute(sql)
        rows = [tuple(row) for row in cursor.fetchall()]
        told = cursor.stats or {}
        self._reported_cpu_s += told.get("cpuTimeMillis", 0) / 1e3
        self._reported_bytes += told.get("physicalInputBytes", 0)
        return rows

    def usage(self) -> Usage:
        seen = process_usage.seen(self._pids)
        cpu_s = seen.cpu_s if self._pid else seen.cpu_s + self._reported_cpu_s
        read = seen.read_bytes if self._pid else self._reported_bytes
        return Usage(cpu_s, read, self._reported_cpu_s, self._reported_bytes, seen.machine_s)

    def resources(self) -> Resources:
        told = http.call("GET", f"{self._url}/v1/status")
        now = len(process_usage.with_children(self._pid)) if self._pid else 0
        heap = told["heapAvailable"] / 2**20
        return Resources(
            told["processors"], heap, "heap of its JVM", self._pid is not None, len(self._pids) - 1, now
        )

    def register(self, dataset: Dataset, folder: Path, files: Files) -> None:
        """Tables on the files in `folder`/TABLE, where they are; Iceberg's are found by the catalog."""
        if dataset.format == "iceberg":
            return
        schema = dataset.name
        self.answer(f"CREATE SCHEMA {_CATALOGS[dataset.format]}.{schema}")
        for table, columns in files.columns.items():
            place = (folder / table).as_uri()
            if dataset.format == "delta":
                self.answer(
                    f"CALL delta.system.register_table(schema_name => '{schema}', table_name => '{table}', "
                    f"table_location => '{place}')"
                )
            else:
                declared = ", ".join(f"{name} {kind}" for name, kind in columns)
                self.answer(
                    f"CREATE TABLE hive.{schema}.{table} ({declared}) "
                    f"WITH (format = 'PARQUET', external_location = '{place}')"
                )

    def analyze(self, dataset: Dataset, columns: Mapping[str, Sequence[str]]) -> None:
        """Statistics of these columns, by table: without, Trino keeps the order in which a query joins its tables."""
        for table, names in columns.items():
            listed = ", ".join(f"'{name}'" for name in names)
            place = f"{_CATALOGS[dataset.format]}.{dataset.name}.{table}"
            self.answer(f"ANALYZE {place} WITH (columns = ARRAY[{listed}])")


@contextmanager
def engine(memory_mb: int, formats: Sequence[str], catalog: IcebergCatalog | None) -> Iterator[Trino]:
    """Trino for the block, with a catalog for each format: `hive` for parquet, `ice`, `delta`."""
    folder = session().folder
    catalogs = {"hive": trinocatalogs.hive(folder / "hive-names")}
    if "delta" in formats:
        catalogs["delta"] = trinocatalogs.delta(folder / "delta-names")
    if catalog:
        catalogs["ice"] = trinocatalogs.iceberg(catalog)
    with ExitStack() as stack:
        server = stack.enter_context(trino(catalogs, memory_mb))
        pid = server.node.pid if isinstance(server.node, Process) else None
        yield Trino(lambda *place: stack.enter_context(server.connect(*place)), server.url, pid)
