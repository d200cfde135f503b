"""What is seen while the queries run: times and use of each execution, and every answer held against the published one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from lab.experiments.warehouse_bench.measure.engines import Engines
from lab.experiments.warehouse_bench.measure.kept_run import Kept, kept
from lab.experiments.warehouse_bench.mechanism import engine_duckdb, process_usage
from lab.experiments.warehouse_bench.mechanism.bench import Cell, bench
from lab.experiments.warehouse_bench.mechanism.dataset import PARQUET, Dataset, Files
from lab.experiments.warehouse_bench.mechanism.engine import Resources
from lab.experiments.warehouse_bench.mechanism.engine_spark import Spark
from lab.experiments.warehouse_bench.oracle import published_answers
from lab.experiments.warehouse_bench.params import ANSWERED, Params
from lab.experiments.warehouse_bench.workload.lake import Lake
from lab.experiments.warehouse_bench.workload.queries import ORDER, tables_of, text

# Of a reader's own: (SQL, pattern of the Parquet files by table) -> rows.
Answer = Callable[[str, Mapping[str, str]], Iterable[tuple]]


@dataclass(frozen=True)
class Seen:
    """What a run gathered. differing_files: registered ones that are not those written once. resources: by engine.

    kept: the whole benchmark, of another day.
    """

    timings: pd.DataFrame
    answers: pd.DataFrame
    lake: Lake
    starts: pd.DataFrame
    differing_files: int
    resources: Mapping[str, Resources]
    versions: Mapping[str, str]
    kept: Kept

    def stored(self, queries: Iterable[int]) -> dict[float, int]:
        """Bytes of the tables that these queries read, by scale factor."""
        read = tables_of(queries)
        return {size: sum(files.bytes[table] for table in read) for size, files in self.lake.files.items()}


@dataclass
class Answers:
    """published: answers by query number, by dataset; what has none (a size between) is not compared."""

    published: Mapping[str, Mapping[int, list[tuple[str, ...]]]]
    found: list[dict] = field(default_factory=list)

    def __call__(self, cell: Cell, number: int, rows: Sequence[tuple]) -> None:
        wanted = self.published.get(cell.dataset)
        if wanted is None:
            return
        seen = published_answers.check(rows, wanted[int(cell.query)], ORDER[int(cell.query)])
        self.found.append(
            {"engine": cell.engine, "dataset": cell.dataset, "query": cell.query, "round": number}
            | {"values": seen.values, "differing": seen.differing, "first": seen.first}
        )

    def table(self) -> pd.DataFrame:
        """One row for each answer that was compared."""
        return pd.DataFrame(self.found)


def measured(params: Params, lake: Lake, engines: Engines) -> Seen:
    """All queries on all engines and formats in all rounds, then those of the model on all sizes in twice as many.

    The sizes come last, when the Java engines have compiled what they will: what still gets faster from round to round
    would pass for a size's time.
    """
    answers = Answers(_published(lake))
    compared = {one.name: params.numbers for one in lake.datasets if one.scale_factor == params.scale_factor}
    sizes = {one.name: params.model_queries for one in lake.datasets if one.format == PARQUET}
    growth = params.growth_rounds
    timings = _rounds(params, engines, compared, range(growth.start), answers)
    grown = _rounds(params, engines, sizes, growth, answers)
    timings = pd.concat([timings, grown], ignore_index=True)
    differing = _files_that_differ(params, lake, engines)
    resources = {name: engine.resources() for name, engine in engines.by_name.items()}
    return Seen(
        timings, answers.table(), lake, engines.starts, differing, resources, engines.versions, kept()
    )


def _rounds(
    params: Params, engines: Engines, asked: Mapping[str, Sequence[int]], numbers: range, answers: Answers
) -> pd.DataFrame:
    """Those rounds of the bench. asked: numbers of queries by dataset."""

    def watch(cell: Cell, number: int, rows: Sequence[tuple]) -> None:
        answers(cell, numbers[number], rows)

    names = {dataset: [str(query) for query in queries] for dataset, queries in asked.items()}
    texts = {str(query): text(query) for queries in asked.values() for query in queries}
    seed = params.seed + numbers.start
    found = bench(engines.by_name, names, texts, len(numbers) - 1, seed, watch, process_usage.settle)
    return found.assign(round=found["round"] + numbers.start)


def answers_over(place: Path, files: Files, params: Params, query: int) -> pd.DataFrame:
    """One query's answer over the Parquet files in `place`, compared with the published one.

    DuckDB anew each time: none may keep what it read before.
    """
    dataset = Dataset(PARQUET, params.scale_factor)
    with engine_duckdb.engine(params.memory_mb) as engine:
        engine.register(dataset, place, files)
        answers = Answers({dataset.name: published_answers.published(params.scale_factor)})
        bench({engine.name: engine}, [dataset.name], {str(query): text(query)}, 0, 0, answers)
    return answers.table()


def answers_by(answer: Answer, files: Files, params: Params) -> pd.DataFrame:
    """Every query's rows as `answer` gives them over the Parquet files, compared with the published ones."""
    dataset = Dataset(PARQUET, params.scale_factor)
    found = {table: str(files.folder / table / "*.parquet") for table in files.columns}
    answers = Answers({dataset.name: published_answers.published(params.scale_factor)})
    for number in params.numbers:
        answers(Cell("own", dataset.name, str(number)), 0, list(answer(text(number), found)))
    return answers.table()


def _published(lake: Lake) -> dict[str, dict[int, list[tuple[str, ...]]]]:
    known = {size: published_answers.published(size) for size in lake.files if size in ANSWERED}
    return {
        dataset.name: known[dataset.scale_factor]
        for dataset in lake.datasets
        if dataset.scale_factor in known
    }


def _files_that_differ(params: Params, lake: Lake, engines: Engines) -> int:
    """Registered data files that are not, byte for byte, the ones that were written once."""
    spark = engines.by_name.get("Spark")
    total = 0
    for name in params.formats:
        dataset = Dataset(name, params.scale_factor)
        named = None
        if name == "iceberg" and isinstance(spark, Spark):
            named = {table: spark.files_of(dataset, table) for table in lake.tables}
        total += lake.files_that_differ(dataset, named)
    return total
