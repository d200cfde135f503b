"""The same batch into tables of different sizes, format versions and modes: what of its cost is the table's."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lab.experiments.cdc_lakehouse import oracle
from lab.experiments.cdc_lakehouse.kit.sink.batch import Batch
from lab.experiments.cdc_lakehouse.kit.sink.lake import Lake
from lab.experiments.cdc_lakehouse.kit.sink.merge import Effect, Net
from lab.experiments.cdc_lakehouse.kit.sink.source import Table
from lab.services.icebergcatalog import IcebergCatalog

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CHANGED = 300  # rows of a batch, spread over the whole table
ROWS_PER_FILE = 60_000
# Batches into each size, and into the largest. Of fewer the resampled fastest is often the slowest.
ROUNDS, OF_LARGEST = 5, 4
COPY, MERGE = "copy-on-write", "merge-on-read"
_FILL = """INSERT INTO {table} (id, owner, balance, opened_on, changed_at, active, note)
SELECT id, 'owner', CAST(1000 AS DECIMAL(20,2)), DATE'2024-02-29', TIMESTAMP'2024-02-29 00:00:00',
    true, concat('a note of account ', id) FROM range(0, {rows}, 1, {files})"""


def data_files(rows: int) -> int:
    """Of a table as it was filled. A batch, which is spread over all rows, changes some in each."""
    return max(1, rows // ROWS_PER_FILE)


@dataclass(frozen=True)
class Sized:
    """A table: rows, how Iceberg writes changed ones, its format version, and how many batches go into it."""

    rows: int
    mode: str = MERGE
    version: int = 2
    batches: int = 1

    @property
    def name(self) -> str:
        """namespace.table in the lake."""
        return f"bank.rows_{self.rows}_{self.mode.replace('-', '_')}_v{self.version}"

    def of(self, entry: Mapping[str, Any]) -> bool:
        """Whether a batch that was logged is one of this table's."""
        return (entry["rows"], entry["mode"], entry["version"]) == (self.rows, self.mode, self.version)


def plan(rows: Sequence[int]) -> list[Sized]:
    """Every size as the sink is by default; at the second also copy-on-write, and deletion vectors (format version 3)."""
    smaller = [Sized(one, batches=ROUNDS) for one in rows[:-1]]
    largest = Sized(rows[-1], batches=OF_LARGEST)
    return [*smaller, largest, Sized(rows[1], COPY), Sized(rows[1], version=3)]


def filled(spark: SparkSession, table: Table, rows: Sequence[int]) -> list[tuple[Sized, Lake]]:
    """The tables of `plan`, filled."""
    return [(one, _filled(spark, table, one)) for one in plan(rows)]


def rounds(lakes: Sequence[tuple[Sized, Lake]], seed: int) -> Iterator[dict]:
    """A batch into each in an order by lot, again and again; what each batch took, s."""
    chance = np.random.default_rng([seed, len(lakes)])
    for turn in range(ROUNDS):
        for place in chance.permutation(len(lakes)):
            one, lake = lakes[place]
            if turn >= one.batches:
                continue
            began = time.time()
            lake.merge(_batch(one.rows, turn), Batch([], {}, 0))
            took = time.time() - began
            yield {"rows": one.rows, "mode": one.mode, "version": one.version, "turn": turn, "took": took}


def _filled(spark: SparkSession, table: Table, one: Sized) -> Lake:
    name = f"lake.{one.name}"
    lake = Lake(spark, name, table, one.mode)
    if one.version != 2:
        spark.sql(f"ALTER TABLE {name} SET TBLPROPERTIES ('format-version'='{one.version}')")
    spark.sql(_FILL.format(table=name, rows=one.rows, files=data_files(one.rows)))
    return lake


def _batch(rows: int, turn: int) -> Net:
    """Updates that leave the note alone, each round of other rows; a balance of 1,000 becomes 1,001."""
    keys = [int(key) + turn for key in np.linspace(0, rows - 2 - ROUNDS, CHANGED)]
    row = {
        "owner": "changed",
        "balance": "1001.00",
        "opened_on": 1,
        "changed_at": "2024-03-01T00:00:00Z",
        "active": False,
    }
    return Net(
        {
            (key,): Effect((key,), row | {"id": key, "rate": None, "local_at": None}, base=(key,))
            for key in keys
        }
    )


def written(catalog: IcebergCatalog, logged: Sequence[dict], rows: Sequence[int]) -> pd.DataFrame:
    """One row per batch. Columns: rows, mode, version, turn, took (s); of its commit: written (bytes), files
    (data files of the table), deleted (files or vectors of deletes that it added); wrong (rows of the table at the end)."""
    found = []
    with oracle.reader(catalog) as connection:
        for one in plan(rows):
            commits = oracle.snapshots(catalog.uri, one.name)[1:]  # the first filled it
            wrong = _wrong(connection, one)
            found += [_row(entry, commits[entry["turn"]].summary, wrong) for entry in logged if one.of(entry)]
    return pd.DataFrame(found)


def _row(entry: dict, summary: dict, wrong: int) -> dict:
    own = {name: entry[name] for name in ("rows", "mode", "version", "turn", "took")}
    return own | {
        "written": int(summary.get("added-files-size", 0)),
        "files": int(summary["total-data-files"]),
        "deleted": int(summary.get("added-dvs", summary.get("added-delete-files", 0))),
        "wrong": wrong,
    }


def _wrong(connection: object, one: Sized) -> int:
    """Rows that are missing or have another balance than they should, read by DuckDB."""
    sql = f"SELECT count(*), sum(CAST(balance AS BIGINT)), count(DISTINCT id) FROM lake.{one.name}"
    count, total, different = connection.execute(sql).fetchone()  # type: ignore[attr-defined]
    changed = len({key for turn in range(one.batches) for (key,) in _batch(one.rows, turn).effects})
    return abs(count - one.rows) + abs(different - one.rows) + abs(total - 1000 * one.rows - changed)
