"""The lake of a run: files written once, registered in each format, and tables that engines wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from lab.experiments.warehouse_bench.mechanism.dataset import OWN, PARQUET, SAME, Dataset, Files
from lab.experiments.warehouse_bench.mechanism.engine import Warehouse
from lab.experiments.warehouse_bench.workload import tables


@dataclass
class Lake:
    """What there is to query. datasets: by engine, by the name of their schema."""

    folder: Path
    tables: Sequence[str]
    files: dict[float, Files] = field(default_factory=dict)
    datasets: dict[str, dict[str, Dataset]] = field(default_factory=dict)

    def generate(self, scale_factors: Sequence[float]) -> None:
        """The Parquet files of these sizes, one after the other: two generators at once in a process break it."""
        for size in scale_factors:
            place = self.folder / Dataset(SAME, PARQUET, size).name
            self.files[size] = tables.generate(size, self.tables, place)

    def make(self, engines: Mapping[str, Warehouse], same: Sequence[Dataset], own: Sequence[str]) -> None:
        """For every engine: the files written once as tables of each format, then tables that it writes itself.

        same: plain Parquet comes first, engines write from it. own: formats. Every engine has a thread: nothing is timed
        here, and an engine by itself leaves the machine half idle.
        """
        for dataset in same:
            if dataset.format == "delta":
                tables.register_delta(self.files[dataset.scale_factor], self.folder / dataset.name)
            elif dataset.format == "iceberg":
                tables.link(self.files[dataset.scale_factor], self.folder / dataset.name)
        with ThreadPoolExecutor(len(engines)) as pool:
            work = {name: pool.submit(self._make, engine, same, own) for name, engine in engines.items()}
        self.datasets = {name: done.result() for name, done in work.items()}

    def _make(self, engine: Warehouse, same: Sequence[Dataset], own: Sequence[str]) -> dict[str, Dataset]:
        """All datasets of one engine, by schema."""
        for dataset in same:
            engine.register(dataset, self.folder / dataset.name, self.files[dataset.scale_factor])
        written = [Dataset(OWN, name, same[0].scale_factor) for name in own if name in engine.writes]
        for dataset in written:
            place = self.folder / dataset.schema(engine.name)
            engine.write(dataset, self.files[dataset.scale_factor], place)
        return {dataset.schema(engine.name): dataset for dataset in [*same, *written]}

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
        """engine, dataset, layout, format, scale_factor: one row for each dataset of each engine."""
        rows = [
            (engine, name, dataset.layout, dataset.format, dataset.scale_factor)
            for engine, found in self.datasets.items()
            for name, dataset in found.items()
        ]
        return pd.DataFrame(rows, columns=["engine", "dataset", "layout", "format", "scale_factor"])
