"""The lake of a run: files written once, registered in each format, and tables that engines wrote."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pandas as pd

from lab.experiments.warehouse_bench import data
from lab.experiments.warehouse_bench.bench import Engine
from lab.experiments.warehouse_bench.data import Files
from lab.experiments.warehouse_bench.datasets import SAME, Dataset

PARQUET = "parquet"


class Warehouse(Engine, Protocol):
    """An engine that also makes tables. writes: formats of which it makes own tables."""

    @property
    def name(self) -> str: ...
    @property
    def writes(self) -> Sequence[str]: ...

    def register(self, dataset: Dataset, folder: Path, files: Files) -> None: ...
    def write(self, dataset: Dataset, files: Files, folder: Path) -> None: ...


@dataclass
class Lake:
    """What there is to query. datasets: names by engine. made: what each dataset took to make."""

    folder: Path
    tables: Sequence[str]
    files: dict[float, Files] = field(default_factory=dict)
    datasets: dict[str, dict[str, Dataset]] = field(default_factory=dict)
    made: list[dict] = field(default_factory=list)

    def generate(self, scale_factors: Sequence[float]) -> None:
        """The Parquet files of these sizes, one after the other: the generator knows no threads."""
        for size in scale_factors:
            place = self.folder / Dataset(SAME, PARQUET, size).name
            self.files[size] = data.generate(size, self.tables, place)

    def register(self, engines: Mapping[str, Warehouse], dataset: Dataset) -> None:
        """The same files as tables of a format, for every engine. Spark tells the Iceberg catalog of them."""
        files, place = self.files[dataset.scale_factor], self.folder / dataset.name
        if dataset.format == "delta":
            data.register_delta(files, place)
        elif dataset.format == "iceberg":
            data.link(files, place)
        for name, engine in engines.items():
            begin = time.perf_counter()
            engine.register(dataset, place, files)
            self._note(name, dataset, time.perf_counter() - begin)

    def write(self, engines: Mapping[str, Warehouse], dataset: Dataset) -> None:
        """Each engine's own tables of a format, where it can make them."""
        for name, engine in engines.items():
            if dataset.format in engine.writes:
                begin = time.perf_counter()
                engine.write(dataset, self.files[dataset.scale_factor], self.folder / dataset.schema(name))
                self._note(name, dataset, time.perf_counter() - begin)

    def _note(self, engine: str, dataset: Dataset, taken: float) -> None:
        schema = dataset.schema(engine)
        self.datasets.setdefault(engine, {})[schema] = dataset
        self.made.append(
            {"engine": engine, "layout": dataset.layout, "format": dataset.format, "dataset": schema}
            | {"scale_factor": dataset.scale_factor, "seconds": taken}
        )

    def files_that_differ(self, dataset: Dataset, named: Mapping[str, Sequence[Path]] | None = None) -> int:
        """Data files of a registered dataset whose SHA-256 is not that of the file written once.

        named: data files by table as the format's own metadata name them; else those in the folder. A file
        too many or too few counts as well.
        """
        differing = 0
        for table in self.tables:
            found = named[table] if named else sorted((self.folder / dataset.name / table).glob("*.parquet"))
            seen, wanted = data.sha256(found), self.files[dataset.scale_factor].sha256[table]
            differing += max((seen - wanted).total(), (wanted - seen).total())
        return differing

    def own(self) -> pd.DataFrame:
        """Seconds that each dataset took to make."""
        return pd.DataFrame(self.made)
