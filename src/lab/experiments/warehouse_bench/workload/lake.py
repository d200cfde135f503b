"""The lake of a run: files written once, as tables of each format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from lab.experiments.warehouse_bench.mechanism.dataset import PARQUET, Dataset, Files
from lab.experiments.warehouse_bench.mechanism.engine import Warehouse
from lab.experiments.warehouse_bench.workload import tables
from lab.experiments.warehouse_bench.workload.queries import tables_of, words_of


@dataclass
class Lake:
    """What there is to query. queries: numbers of those that will be asked. datasets: those that every engine knows."""

    folder: Path
    queries: Sequence[int]
    files: dict[float, Files] = field(default_factory=dict)
    datasets: list[Dataset] = field(default_factory=list)

    @property
    def tables(self) -> tuple[str, ...]:
        """Those that the queries read."""
        return tables_of(self.queries)

    def generate(self, scale_factors: Sequence[float]) -> None:
        """The Parquet files of these sizes, one after the other: two generators at once in a process break it."""
        for size in scale_factors:
            place = self.folder / Dataset(PARQUET, size).name
            self.files[size] = tables.generate(size, self.tables, place)

    def make(self, engines: Sequence[Warehouse], datasets: Sequence[Dataset]) -> None:
        """The files written once as tables of these formats, for every engine, with statistics where it wants them.

        Engines work at once: nothing is timed here, and one by itself leaves the machine half idle. Statistics of Iceberg's
        tables come last: Trino finds them when Spark has registered them.
        """
        for dataset in datasets:
            if dataset.format == "delta":
                tables.register_delta(self.files[dataset.scale_factor], self.folder / dataset.name)
            elif dataset.format == "iceberg":
                tables.link(self.files[dataset.scale_factor], self.folder / dataset.name)
        self.datasets = list(datasets)
        with ThreadPoolExecutor(2 * len(engines)) as pool:
            registered = [pool.submit(self._register, engine) for engine in engines]
            analyzed = [
                pool.submit(self._analyze, engine, own, registered)
                for engine, own in zip(engines, registered, strict=True)
            ]
        for work in (*registered, *analyzed):
            work.result()

    def _register(self, engine: Warehouse) -> None:
        for dataset in self.datasets:
            engine.register(dataset, self.folder / dataset.name, self.files[dataset.scale_factor])

    def _analyze(self, engine: Warehouse, own: Future, registered: Sequence[Future]) -> None:
        """own: that this engine has registered its tables; registered: the same of all engines."""
        for dataset in sorted(self.datasets, key=lambda one: one.format == "iceberg"):
            wait(registered if dataset.format == "iceberg" else [own])
            engine.analyze(dataset, self._columns(dataset))

    def _columns(self, dataset: Dataset) -> dict[str, list[str]]:
        """Those that a query names, by table."""
        known, words = self.files[dataset.scale_factor].columns, words_of(self.queries)
        return {table: [name for name, _ in known[table] if name in words] for table in self.tables}

    def files_that_differ(self, dataset: Dataset, named: Mapping[str, Sequence[Path]] | None = None) -> int:
        """Data files of a registered dataset whose SHA-256 is not that of the file written once.

        named: data files by table as the format's own metadata name them; else those in the folder. A file
        too many or too few counts as well.
        """
        differing = 0
        for table in self.tables:
            found = named[table] if named else sorted((self.folder / dataset.name / table).glob("*.parquet"))
            seen, wanted = tables.sha256(found), self.files[dataset.scale_factor].sha256[table]
            differing += max((seen - wanted).total(), (wanted - seen).total())
        return differing

    def table(self) -> pd.DataFrame:
        """dataset, format, scale_factor: one row for each."""
        rows = [(dataset.name, dataset.format, dataset.scale_factor) for dataset in self.datasets]
        return pd.DataFrame(rows, columns=["dataset", "format", "scale_factor"])
