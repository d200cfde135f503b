"""Spark as an engine of the bench: a JVM that this process drives."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.experiments.warehouse_bench.mechanism import process_usage
from lab.experiments.warehouse_bench.mechanism.dataset import Dataset, Files
from lab.experiments.warehouse_bench.mechanism.engine import Resources, Usage
from lab.services.icebergcatalog import IcebergCatalog
from lab.services.spark import driver_pid, spark_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NAME = "Spark"


class Spark:
    """`use`, `answer` and `usage` for the bench; `register` makes tables."""

    name = NAME

    def __init__(self, session: SparkSession) -> None:
        self._session = session
        self._pids = (os.getpid(), *process_usage.with_children(driver_pid(session)))
        self._alone = str(session.sparkContext.master).startswith("local")
        self._context = session.sparkContext._jsc.sc()
        self._stage = 0
        self._reported_cpu_s = self._reported_bytes = 0.0

    def use(self, dataset: str) -> None:
        catalog = "ice" if dataset.startswith("iceberg") else "spark_catalog"
        self._session.sql(f"USE {catalog}.{dataset}")

    def answer(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._session.sql(sql).collect()]

    def usage(self) -> Usage:
        seen = process_usage.seen(self._pids)
        self._read_stages()
        if self._alone:
            told = self._reported_cpu_s, self._reported_bytes
            return Usage(seen.cpu_s, seen.read_bytes, *told, seen.machine_s)
        # A cluster's executors can't be seen from here: what they report is added to what the driver used.
        return Usage(
            seen.cpu_s + self._reported_cpu_s,
            self._reported_bytes,
            self._reported_cpu_s,
            self._reported_bytes,
            seen.machine_s,
        )

    def resources(self) -> Resources:
        threads = int(self._session.sparkContext.defaultParallelism)
        heap = int(self._session.sparkContext._jvm.java.lang.Runtime.getRuntime().maxMemory())
        now = process_usage.with_children(driver_pid(self._session))
        return Resources(threads, heap / 2**20, "heap of its JVM", self._alone, len(self._pids) - 1, len(now))

    def _read_stages(self) -> None:
        """Add what the stages since the last call report; events arrive some time after the stage ends."""
        self._context.listenerBus().waitUntilEmpty()
        last = self._context.dagScheduler().nextStageId()
        store = self._context.statusStore()
        for stage in range(self._stage, last):
            with suppress(Exception):  # a stage that was skipped has no record
                told = store.lastStageAttempt(stage)
                self._reported_cpu_s += told.executorCpuTime() / 1e9
                self._reported_bytes += told.inputBytes()
        self._stage = last

    def register(self, dataset: Dataset, folder: Path, files: Files) -> None:
        """Tables on the files in `folder`/TABLE, where they are."""
        schema = dataset.name
        if dataset.format == "iceberg":
            self._add_files(schema, folder, files)
            return
        self._session.sql(f"CREATE DATABASE spark_catalog.{schema}")
        for table in files.columns:
            self._session.sql(
                f"CREATE TABLE spark_catalog.{schema}.{table} USING {dataset.format} LOCATION '{folder / table}'"
            )

    def analyze(self, dataset: Dataset, columns: Mapping[str, Sequence[str]]) -> None:
        """Spark plans by the sizes of files unless its cost-based optimizer is switched on."""

    def _add_files(self, schema: str, folder: Path, files: Files) -> None:
        """Iceberg's own procedure: the catalog learns of the files; none is rewritten."""
        self._session.sql(f"CREATE NAMESPACE ice.{schema}")
        for table, columns in files.columns.items():
            declared = ", ".join(f"{name} {kind.replace('VARCHAR', 'STRING')}" for name, kind in columns)
            self._session.sql(f"CREATE TABLE ice.{schema}.{table} ({declared}) USING iceberg")
            self._session.sql(
                f"CALL ice.system.add_files(table => '{schema}.{table}', "
                f"source_table => '`parquet`.`{folder / table}`')"
            )

    def files_of(self, dataset: Dataset, table: str) -> list[Path]:
        """Data files that Iceberg's metadata name."""
        rows = self._session.sql(f"SELECT file_path FROM ice.{dataset.name}.{table}.files").collect()
        return [Path(row.file_path.removeprefix("file:")) for row in rows]


@contextmanager
def engine(memory_mb: int, catalog: IcebergCatalog | None) -> Iterator[Spark]:
    """Spark for the block, with the Iceberg catalog by the name `ice` if one is given."""
    catalogs = {"ice": catalog.client()} if catalog else {}
    with spark_session("warehouse_bench", catalogs, memory_mb=memory_mb) as session:
        yield Spark(session)
