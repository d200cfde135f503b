"""TPC-H on three engines over three table formats: answers, latency, bytes, processor time, cost."""

from __future__ import annotations

import shutil
import time
import uuid
from pathlib import Path

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.warehouse_bench import data, engine_duckdb, flip, observations
from lab.experiments.warehouse_bench.answers import Answers
from lab.experiments.warehouse_bench.bench import bench
from lab.experiments.warehouse_bench.datasets import OWN, SAME, Dataset
from lab.experiments.warehouse_bench.engine_spark import Spark
from lab.experiments.warehouse_bench.lake import PARQUET, Lake
from lab.experiments.warehouse_bench.params import ANSWERED, Params
from lab.experiments.warehouse_bench.queries import tables_of, text
from lab.experiments.warehouse_bench.session import Engines, engines
from lab.progress import Steps, steps
from lab.services.session import session

CONTROL_QUERY = 1  # it adds up every price up to a date


def run(params: Params, damage: bool = False) -> Result:
    """The whole bench; with damage=True only the control: one bit of one price turned in a data file."""
    folder = session().folder / f"warehouse-{uuid.uuid4().hex[:6]}"
    try:
        return _damaged(params, folder) if damage else _measured(params, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_controls(params: Params) -> dict[str, Result]:
    """Each control by its name."""
    return {"one flipped bit": run(params, damage=True)}


def _measured(params: Params, folder: Path) -> Result:
    lake = Lake(folder, tables_of(params.numbers))
    begin = time.perf_counter()
    with steps(8 + len(params.engines)) as work:
        work.next("TPC-H's tables")
        lake.generate(params.sizes)
        with engines(params, work) as found:
            _make_tables(params, lake, found, work)
            work.next("queries")
            answers = Answers(_published(lake))
            timings = _bench(params, lake, found, answers)
            differing = _files_that_differ(params, lake, found)
    measured = observations.Found(
        timings, answers.table(), lake, found.starts, differing, time.perf_counter() - begin
    )
    return observations.result(params, measured, found.versions)


def _make_tables(params: Params, lake: Lake, found: Engines, work: Steps) -> None:
    """Same bytes in each format; the other sizes as Parquet only; then each engine's own."""
    parquet_first = sorted(params.formats, key=lambda name: name != PARQUET)
    work.next("register the same files")
    for scale_factor in params.sizes:
        lake.register(found.by_name, Dataset(SAME, PARQUET, scale_factor))
    for name in parquet_first:
        if name != PARQUET:
            lake.register(found.by_name, Dataset(SAME, name, params.scale_factor))
    work.next("each engine writes its own")
    for name in parquet_first:
        lake.write(found.by_name, Dataset(OWN, name, params.scale_factor))


def _published(lake: Lake) -> dict[str, dict[int, list[tuple[str, ...]]]]:
    known = {size: data.published(size) for size in lake.files if size in ANSWERED}
    return {
        name: known[dataset.scale_factor]
        for names in lake.datasets.values()
        for name, dataset in names.items()
        if dataset.scale_factor in known
    }


def _bench(params: Params, lake: Lake, found: Engines, answers: Answers) -> pd.DataFrame:
    texts = {str(number): text(number) for number in params.numbers}
    names = {engine: list(datasets) for engine, datasets in lake.datasets.items()}
    return bench(found.by_name, names, texts, params.repeats, params.seed, answers)


def _files_that_differ(params: Params, lake: Lake, found: Engines) -> int:
    """Registered data files that are not, byte for byte, the ones that were written once."""
    spark = found.by_name.get("Spark")
    total = 0
    for name in params.formats:
        dataset = Dataset(SAME, name, params.scale_factor)
        named = None
        if name == "iceberg" and isinstance(spark, Spark):
            named = {table: spark.files_of(dataset, table) for table in lake.tables}
        total += lake.files_that_differ(dataset, named)
    return total


def _damaged(params: Params, folder: Path) -> Result:
    """One bit turned; DuckDB answers over the damaged files."""
    lake = Lake(folder, tables_of([CONTROL_QUERY]))
    lake.generate([params.scale_factor])
    files = lake.files[params.scale_factor]
    damaged = flip.flipped(files, folder / "damaged")
    changed = flip.values_that_differ(files.parts("lineitem")[0], damaged)
    dataset = Dataset(SAME, PARQUET, params.scale_factor)
    with engine_duckdb.engine(params.memory_mb) as engine:
        engine.register(dataset, folder / "damaged", files)
        answers = Answers({dataset.name: data.published(params.scale_factor)})
        bench({"DuckDB": engine}, [dataset.name], {str(CONTROL_QUERY): text(CONTROL_QUERY)}, 0, 0, answers)
    return observations.control(params, answers.table(), changed)
