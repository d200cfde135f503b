"""TPC-H on three engines over three table formats: answers, latency, bytes, processor time, cost."""

from __future__ import annotations

import shutil
import time
import uuid
from pathlib import Path

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.warehouse_bench import data, engine_duckdb, flip, observations, outside
from lab.experiments.warehouse_bench.answers import Answers
from lab.experiments.warehouse_bench.bench import bench
from lab.experiments.warehouse_bench.checks import Found
from lab.experiments.warehouse_bench.data import Files
from lab.experiments.warehouse_bench.datasets import SAME, Dataset
from lab.experiments.warehouse_bench.engine_spark import Spark
from lab.experiments.warehouse_bench.lake import PARQUET, Lake
from lab.experiments.warehouse_bench.params import ANSWERED, Params
from lab.experiments.warehouse_bench.queries import tables_of, text
from lab.experiments.warehouse_bench.session import Engines, engines
from lab.progress import steps
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
    with steps(4 + len(params.engines)) as work:
        work.next("TPC-H's tables")
        lake.generate(params.sizes)
        with engines(params, work) as found:
            work.next("tables of every engine")
            lake.make(found.by_name, _same(params), params.own_formats)
            work.next("queries")
            answers = Answers(_published(lake))
            timings = _bench(params, lake, found, answers)
            differing = _files_that_differ(params, lake, found)
            told = {name: engine.means() for name, engine in found.by_name.items()}
    taken = time.perf_counter() - begin
    measured = Found(timings, answers.table(), lake, found.starts, differing, told, taken)
    return observations.result(params, measured, found.versions)


def _same(params: Params) -> list[Dataset]:
    """The files written once: as Parquet at every size, in the other formats at the size compared."""
    plain = [Dataset(SAME, PARQUET, size) for size in params.sizes]
    others = [name for name in params.formats if name != PARQUET]
    return plain + [Dataset(SAME, name, params.scale_factor) for name in others]


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
    return bench(found.by_name, names, texts, params.repeats, params.seed, answers, outside.settle)


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
    """DuckDB answers over a rewritten data file, and over the same with one bit turned: only the latter may differ."""
    lake = Lake(folder, tables_of([CONTROL_QUERY]))
    lake.generate([params.scale_factor])
    files = lake.files[params.scale_factor]
    flip.rewritten(files, folder / "sound")
    turned = flip.flipped(files, folder / "damaged")
    sound, damaged = (_answers_over(folder / name, files, params) for name in ("sound", "damaged"))
    return observations.control(params, damaged, sound, turned)


def _answers_over(place: Path, files: Files, params: Params) -> pd.DataFrame:
    """One query's answer, compared with the published one. An engine of its own: none may keep what it read before."""
    dataset = Dataset(SAME, PARQUET, params.scale_factor)
    with engine_duckdb.engine(params.memory_mb) as engine:
        engine.register(dataset, place, files)
        answers = Answers({dataset.name: data.published(params.scale_factor)})
        bench({"DuckDB": engine}, [dataset.name], {str(CONTROL_QUERY): text(CONTROL_QUERY)}, 0, 0, answers)
    return answers.table()
