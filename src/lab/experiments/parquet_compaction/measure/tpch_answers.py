"""All 22 TPC-H answers on lineitem in every layout, before and after compaction, against the published ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab import duck
from lab.experiments.parquet_compaction import oracle
from lab.experiments.parquet_compaction.measure.datasets import STATES, Dataset
from lab.experiments.parquet_compaction.mechanism.files import open_files
from lab.experiments.parquet_compaction.mechanism.reader import enter, source
from lab.experiments.parquet_compaction.workload import tpch
from lab.services.s3 import S3

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class TpchCheck:
    """wrong: numbers of the queries whose answer is not the published one; asked: how many were asked.

    files: of lineitem, in that state.
    """

    layout: str
    state: str
    files: int
    wrong: tuple[int, ...]
    asked: int


def check_tpch(
    s3: S3, tables: Mapping[str, pa.Table], datasets: Sequence[Dataset], scale_factor: float
) -> list[TpchCheck]:
    """Lineitem is read from the store, once in each state; the other tables are in memory: only lineitem is laid out anew."""
    with duck.connect("httpfs", "tpch") as connection:
        enter(connection, s3)
        for name in tpch.OTHERS:
            connection.register("arriving", tables[name])
            connection.execute(f"CREATE TABLE {name} AS FROM arriving")
        answers, queries = oracle.published(connection, scale_factor), tpch.queries(connection)
        return [
            _check(connection, s3, dataset, state, queries, answers)
            for dataset in datasets
            for state in STATES
        ]


def _check(
    connection: DuckDBPyConnection,
    s3: S3,
    dataset: Dataset,
    state: str,
    queries: Mapping[int, str],
    answers: Mapping[int, Sequence[Sequence[str]]],
) -> TpchCheck:
    files = open_files(dataset.uri, s3)
    urls = [files.url(file.path) for file in dataset.version(state).files]
    connection.execute(f"CREATE OR REPLACE TABLE {tpch.FACT} AS FROM {source(urls)}")
    wrong = tuple(
        number
        for number, sql in queries.items()
        if not oracle.agrees(connection.execute(sql).fetchall(), answers[number])
    )
    return TpchCheck(dataset.layout.name, state, len(urls), wrong, len(queries))
